// The form of a trace file: that of the protocol log of Office Communications Server, Lync and
// Skype for Business, so that the tools made for those (snooper.exe, the search of their logging
// service) open what the edge writes, and `avedge trace` opens what those servers write.
//
//   TL_INFO(TF_PROTOCOL) [0]139C.1770::11/15/2012-23:47:22.467.00003925 (SIPStack,…)$$begin_record
//   Trace-Correlation-Id: 4027926292
//   Instance-Id: 00000AAC
//   Direction:
//   incoming;source="external";destination="local";transport="tcp";local="192.0.2.10:5060" Peer:
//   172.21.175.204:49745 Message-Type: request Start-Line: REGISTER sip:example.org SIP/2.0 From:
//   <sip:alice@example.org>;tag=c14ce80077 … Content-Length: 0 Message-Body: –
//   $$end_record
//
// The first line has the processor (always 0), process and thread in hexadecimal, the time as
// MM/DD/YYYY-HH:MM:SS.mmm (the edge writes UTC), a number in hexadecimal that grows by one each
// record, and component and place in the program; the record begins at its end. Then come fields
// about the message, the last of them Start-Line, then the message's own header fields as they
// were, folds included, and behind "Message-Body: " its body; a dash (U+2013) stands for none.
// Tools skip lines between records.
//
// - Trace-Correlation-Id is the same for all messages with one Call-ID, on both sides of the edge.
// - Instance-Id counts the records, as the first line does.
// - Direction's parameters are optional. Servers name networks in source and destination; so does
// the
//   edge, by its [[interface]], and adds transport and local, the listener's address.
//
// A message is somebody else's text. Where it would end or begin a record ($$end_record,
// $$begin_record) the second '$' becomes '_', and a header field of its own called Message-Body
// gets a '_' in front: no peer can forge a record. Every line ends with CRLF.
#pragma once

#include <string_view>

namespace avedge::trace {

inline constexpr std::string_view kBeginRecord = "$$begin_record";
inline constexpr std::string_view kEndRecord = "$$end_record";
inline constexpr std::string_view kStartLine = "Start-Line";
inline constexpr std::string_view kMessageBody = "Message-Body";
/// "–"
inline constexpr std::string_view kNoBody = "\xE2\x80\x93";

}  // namespace avedge::trace
