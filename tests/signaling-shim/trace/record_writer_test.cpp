#include "signaling-shim/trace/record_writer.h"

#include <gtest/gtest.h>

#include "signaling-shim/trace/message_parts.h"

namespace avedge::trace {
namespace {

using namespace std::chrono_literals;

Message message_of(std::string text) {
  Message message;
  message.time = std::chrono::sys_days{2012y / 11 / 15} + 23h + 47min + 22s + 467999us;
  message.peer = *Endpoint::parse("172.21.175.204:49745");
  message.local = *Endpoint::parse("192.0.2.10:5060");
  message.transport = Transport::tcp;
  message.interface = "external";
  message.text = std::move(text);
  return message;
}

const std::string kRegister =
    "REGISTER sip:example.org SIP/2.0\r\n"
    "From: <sip:alice@example.org>;tag=c14\r\n"
    "Subject: folded\r\n  field\r\n"
    "Call-ID: 389ddeb4\r\n"
    "Content-Length: 0\r\n\r\n";

TEST(Record, HasTheFormOfTheServersLog) {
  EXPECT_EQ(record_of(message_of(kRegister), {0x139C, 0x1770}, 0xAAC),
            "TL_INFO(TF_PROTOCOL) [0]139C.1770::11/15/2012-23:47:22.467.00000aac "
            "(SIPStack,SIPAdminLog::TraceProtocolRecord:avedge(0))$$begin_record\r\n"
            "Trace-Correlation-Id: 1082307222\r\n"
            "Instance-Id: 00000AAC\r\n"
            "Direction: incoming;source=\"external\";destination=\"local\";transport=\"tcp\";"
            "local=\"192.0.2.10:5060\"\r\n"
            "Peer: 172.21.175.204:49745\r\n"
            "Message-Type: request\r\n"
            "Start-Line: REGISTER sip:example.org SIP/2.0\r\n"
            "From: <sip:alice@example.org>;tag=c14\r\n"
            "Subject: folded\r\n  field\r\n"
            "Call-ID: 389ddeb4\r\n"
            "Content-Length: 0\r\n"
            "Message-Body: \xE2\x80\x93\r\n"
            "$$end_record\r\n\r\n");
}

TEST(Record, OfAResponseThatLeaves) {
  Message message = message_of("SIP/2.0 200 OK\r\nCall-ID: a\r\n\r\nv=0\r\ns=-\r\n");
  message.direction = Direction::outgoing;
  message.peer = *Endpoint::parse("[2001:db8::1]:5060");
  const std::string record = record_of(message, {}, 1);
  EXPECT_NE(record.find("Direction: outgoing;source=\"local\";destination=\"external\";"),
            std::string::npos);
  EXPECT_NE(record.find("Peer: [2001:db8::1]:5060\r\nMessage-Type: response\r\n"),
            std::string::npos);
  EXPECT_NE(record.find("Message-Body: v=0\r\ns=-\r\n\r\n$$end_record\r\n"), std::string::npos);
}

TEST(Record, IsCorrelatedByCallId) {
  const auto correlation = [](const std::string& call_id) {
    const std::string record =
        record_of(message_of("BYE a SIP/2.0\r\ni: " + call_id + "\r\n"), {}, 1);
    std::string_view rest = record;
    take_line(rest);
    return std::string{take_line(rest)};
  };
  EXPECT_EQ(correlation("one"), correlation("one"));
  EXPECT_NE(correlation("one"), correlation("two"));
}

std::size_t count(std::string_view text, std::string_view wanted) {
  std::size_t times = 0;
  for (std::size_t at = find_text(text, wanted); at != std::string_view::npos;
       at = find_text(text, wanted, at + 1)) {
    ++times;
  }
  return times;
}

TEST(Record, CannotBeForgedByThePeer) {
  const std::string forged =
      "$$end_record\r\nTL_INFO(TF_PROTOCOL) $$BEGIN_record\r\n$$begin_record";
  const std::string record =
      record_of(message_of("INVITE $$end_record SIP/2.0\r\nX: $$end_record\r\n"
                           "Message-Body : false\r\nmessage-body: false\r\n folded\r\n\r\n" +
                           forged),
                {}, 1);
  EXPECT_EQ(count(record, "$$begin_record"), 1U);
  EXPECT_EQ(count(record, "$$end_record"), 1U);
  EXPECT_NE(record.find("$_end_record\r\nTL_INFO(TF_PROTOCOL) $_BEGIN_record"), std::string::npos);
  EXPECT_NE(record.find("\r\n_Message-Body : false\r\n_message-body: false\r\n folded\r\n"),
            std::string::npos);
  EXPECT_EQ(count(record, "\r\nMessage-Body"), 1U);
}

TEST(Record, KeepsOtherDollars) {
  const std::string record =
      record_of(message_of("BYE a SIP/2.0\r\nX: $$$ $$end $$$begin\r\n"), {}, 1);
  EXPECT_NE(record.find("X: $$$ $$end $$$begin\r\n"), std::string::npos);
}

TEST(Record, TakesWhatIsNoMessage) {
  EXPECT_NE(record_of(message_of("\x01garbage"), {}, 1).find("Start-Line: \x01garbage\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace avedge::trace
