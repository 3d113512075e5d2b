// A call as a trace file tells of it.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "signaling-shim/trace/record_reader.h"

namespace avedge::trace::testing {

/// All messages of a file with that content.
inline std::vector<Entry> read_all(const std::string& content) {
  std::istringstream in{content};
  RecordReader reader{in};
  std::vector<Entry> entries;
  while (auto entry = reader.next()) entries.push_back(*std::move(entry));
  return entries;
}

struct Told {
  Direction direction;
  std::string peer;
  std::string start_line;
  std::string cseq;
  std::string from_tag = "a1";
  std::string to_tag = {};
  std::string body = {};
};

/// Of the call that alice makes to bob, `milliseconds` after noon.
inline Entry entry(const Told& told, int milliseconds = 0) {
  using namespace std::chrono_literals;
  Entry made;
  made.time =
      std::chrono::sys_days{2026y / 11 / 21} + 12h + std::chrono::milliseconds{milliseconds};
  made.direction = told.direction;
  made.peer = told.peer;
  made.local = told.peer.starts_with("10.") ? "10.0.0.1:5060" : "192.0.2.1:5060";
  made.start_line = told.start_line;
  const bool from_caller = told.from_tag == "a1";
  const std::string alice = "\"Alice, <A>\" <sip:alice@a.example>";
  const std::string bob = "sip:+49301234@b.example";
  made.fields = "From: " + (from_caller ? alice : bob) + ";tag=" + told.from_tag +
                "\r\nt: " + (from_caller ? bob : alice) +
                (told.to_tag.empty() ? "" : ";tag=" + told.to_tag) + "\r\nCSeq: " + told.cseq +
                "\r\nCall-ID: call-1\r\nVia: SIP/2.0/UDP " + told.peer + "\r\n";
  made.body = told.body;
  return made;
}

inline constexpr Direction kIn = Direction::incoming;
inline constexpr Direction kOut = Direction::outgoing;
inline const std::string kAlice = "198.51.100.9:5062";
inline const std::string kBob = "10.0.0.20:5060";

/// An answered call that bob ends, by a TCP connection that he opens for it.
inline std::vector<Entry> whole_call() {
  const std::string offer =
      "v=0\r\no=- 0 0 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nm=audio 4000 RTP/AVP "
      "0\r\n";
  const std::string invite = "INVITE sip:bob@b.example SIP/2.0";
  return {
      entry({kIn, kAlice, invite, "1 INVITE", "a1", "", offer}, 0),
      entry({kOut, kAlice, "SIP/2.0 100 Trying", "1 INVITE"}, 1),
      entry({kOut, kBob, invite, "1 INVITE"}, 1),
      entry({kOut, kBob, invite, "1 INVITE"}, 500),
      entry({kIn, kBob, "SIP/2.0 200 OK", "1 INVITE", "a1", "b1"}, 700),
      entry({kOut, kAlice, "SIP/2.0 200 OK", "1 INVITE", "a1", "b1"}, 701),
      entry({kIn, kAlice, "ACK sip:bob@b.example SIP/2.0", "1 ACK", "a1", "b1"}, 720),
      entry({kOut, kBob, "ACK sip:bob@b.example SIP/2.0", "1 ACK", "a1", "b1"}, 721),
      entry({kIn, "10.0.0.20:49152", "BYE sip:alice@a.example SIP/2.0", "1 BYE", "b1", "a1"}, 9000),
      entry({kOut, kAlice, "BYE sip:alice@a.example SIP/2.0", "1 BYE", "b1", "a1"}, 9001),
      entry({kIn, kAlice, "SIP/2.0 481 Gone", "1 BYE", "b1", "a1"}, 9050),
      entry({kOut, "10.0.0.20:49152", "SIP/2.0 481 Gone", "1 BYE", "b1", "a1"}, 9051)};
}

}  // namespace avedge::trace::testing
