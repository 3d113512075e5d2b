#include "signaling-shim/trace/record_reader.h"

#include <gtest/gtest.h>

#include "signaling-shim/trace/record_writer.h"
#include "tests/signaling-shim/trace/fixtures.h"

namespace avedge::trace {
namespace {

using namespace std::chrono_literals;
using testing::read_all;

const std::string kTitle =
    "TL_INFO(TF_PROTOCOL) [0]0A8C.1234::08/31/2012-09:11:22.123.0000a5b6 "
    "(SIPStack,SIPAdminLog::TraceProtocolRecord:SIPAdminLog.cpp(125))$$begin_record";

/// As a server writes it; `rest` stands behind Direction.
std::string record(const std::string& rest) {
  return kTitle + "\nTrace-Correlation-Id: 1\nInstance-Id: 00000AAC\nDirection: incoming\n" + rest +
         "$$end_record\n";
}

std::string instant_message(const std::string& body, const std::string& length) {
  return record(
      "Peer: 192.0.2.7:49745\nMessage-Type: request\n"
      "Start-Line: MESSAGE sip:bob@b.example SIP/2.0\n"
      "From: <sip:alice@a.example>;tag=1\nCall-ID: im-1\nContent-Length: " +
      length + "\nMessage-Body: " + body);
}

Message message_of(std::string text) {
  Message message;
  message.time = WallTime{1'795'000'000s + 123ms};
  message.direction = Direction::outgoing;
  message.transport = Transport::tls;
  message.peer = *Endpoint::parse("[2001:db8::7]:5061");
  message.local = *Endpoint::parse("[2001:db8::1]:5061");
  message.interface = "external";
  message.text = std::move(text);
  return message;
}

TEST(RecordReader, ReadsTheRecordsOfServers) {
  const auto entries = read_all("Notes of an administrator.\n" + instant_message("hello\n", "5"));
  ASSERT_EQ(entries.size(), 1U);
  const Entry& entry = entries[0];
  EXPECT_EQ(entry.time, std::chrono::sys_days{2012y / 8 / 31} + 9h + 11min + 22s + 123ms);
  EXPECT_EQ(entry.direction, Direction::incoming);
  EXPECT_EQ(entry.peer, "192.0.2.7:49745");
  EXPECT_EQ(entry.local, "");
  EXPECT_EQ(entry.start_line, "MESSAGE sip:bob@b.example SIP/2.0");
  EXPECT_EQ(entry.fields, "From: <sip:alice@a.example>;tag=1\nCall-ID: im-1\nContent-Length: 5\n");
  EXPECT_EQ(entry.body, "hello");
  EXPECT_EQ(facts_of(entry).call_id, "im-1");
}

TEST(RecordReader, ReadsWhatTheWriterWrote) {
  const std::string head =
      "INVITE sip:bob@b.example SIP/2.0\r\nSubject: one\r\n  two\r\nCall-ID: c\r\nContent-Length: "
      "12\r\n";
  const std::string body = "v=0\r\n\r\ns=-\r\n";
  for (const std::string& sent :
       {head + "\r\n" + body, "BYE sip:a SIP/2.0\r\nCall-ID: c\r\n\r\n" + std::string{}}) {
    const auto entries = read_all(record_of(message_of(sent), {1, 2}, 3));
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].start_line + "\r\n" + entries[0].fields + "\r\n" + entries[0].body, sent);
    EXPECT_EQ(entries[0].time, message_of("").time);
    EXPECT_EQ(entries[0].direction, Direction::outgoing);
    EXPECT_EQ(entries[0].transport, "tls");
    EXPECT_EQ(entries[0].peer, "[2001:db8::7]:5061");
    EXPECT_EQ(entries[0].local, "[2001:db8::1]:5061");
  }
}

struct BodyCase {
  const char* name;
  std::string body;
  std::string length;
  std::string read;
};

class RecordBodies : public ::testing::TestWithParam<BodyCase> {};

TEST_P(RecordBodies, AreRead) {
  const auto entries = read_all(instant_message(GetParam().body, GetParam().length));
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].body, GetParam().read);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, RecordBodies,
    ::testing::Values(BodyCase{"Dash", "\xE2\x80\x93\n", "0", ""},
                      BodyCase{"DashOfWindows", "\x96\n", "", ""},
                      BodyCase{"LineEndsLostOnTheWay", "v=0\ns=-\n", "10", "v=0\ns=-"},
                      BodyCase{"LengthCutsTheLineEnd", "hello\r\n\r\n", "7", "hello\r\n"},
                      BodyCase{"NoLength", "hello\r\n", "much", "hello"},
                      BodyCase{"Removed", "----****MESSAGE BODY DELETED****----\n", "159",
                               "----****MESSAGE BODY DELETED****----"},
                      BodyCase{"EmptyLineAndBlanksInFront", "\n  x\n", "", "\n  x"}),
    [](const auto& one) { return one.param.name; });

TEST(RecordReader, RecordWithoutABodyIsRead) {
  const auto entries = read_all(record("Start-Line: BYE sip:a SIP/2.0\nCall-ID: c\n"));
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].fields, "Call-ID: c\n");
}

TEST(RecordReader, RecordsOfOtherKindsArePassedOver) {
  std::istringstream in{
      "TL_ERROR(TF_DIAG) [0]1::08/31/2012-09:11:22.123.1 (SIPStack,x)$$begin_record\n"
      "LogType: diagnostic\nText: nothing\n$$end_record\n" +
      instant_message("x\n", "1")};
  RecordReader reader{in};
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.damaged(), 0U);
}

TEST(RecordReader, DamagedRecordsCostOnlyThemselves) {
  const std::string good = instant_message("x\n", "1");
  const std::string no_direction = kTitle + "\nStart-Line: BYE sip:a SIP/2.0\n$$end_record\n";
  std::istringstream in{
      good.substr(0, good.size() / 2) + "\n" + good + no_direction +
      record("Start-Line: BYE sip:a SIP/2.0\n" + std::string(300'000, 'x') + "\n") + good +
      good.substr(0, good.size() / 2)};
  RecordReader reader{in};
  EXPECT_TRUE(reader.next());
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.damaged(), 4U);
}

TEST(RecordReader, UnknownTimeIsThatOfTheRecordBefore) {
  std::string strange = instant_message("x\n", "1");
  strange.replace(strange.find("08/31"), 5, "13/32");
  const auto entries = read_all(instant_message("x\n", "1") + strange);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].time, entries[1].time);
}

TEST(RecordReader, MemoryIsBoundedByTheLargestRecord) {
  const std::string endless(10 * RecordReader::kLargestRecord, 'x');
  std::istringstream in{endless + kTitle + "\n" + endless + "\n" + endless};
  RecordReader reader{in};
  EXPECT_FALSE(reader.next());
}

TEST(Facts, AreReadFromFieldsOfAnyForm) {
  const Entry entry = testing::entry(
      {testing::kIn, testing::kBob, "SIP/2.0 180  Ringing now", "7  INVITE", "a1", "b1"});
  const Facts facts = facts_of(entry);
  EXPECT_EQ(facts.status, 180);
  EXPECT_EQ(facts.reason, "Ringing now");
  EXPECT_EQ(facts.method, "INVITE");
  EXPECT_EQ(facts.from_uri, "sip:alice@a.example");
  EXPECT_EQ(facts.from_tag, "a1");
  EXPECT_EQ(facts.to_uri, "sip:+49301234@b.example");
  EXPECT_EQ(facts.to_tag, "b1");
}

TEST(Facts, OfGarbageAreEmpty) {
  Entry entry;
  entry.start_line = "SIP/2.0";
  entry.fields = "From: \"open\r\nTo: <\r\nCSeq: x\r\n";
  const Facts facts = facts_of(entry);
  EXPECT_FALSE(facts.is_request());
  EXPECT_EQ(facts.call_id, "");
  EXPECT_EQ(facts.from_uri, "");
  EXPECT_EQ(facts.method, "");
}

}  // namespace
}  // namespace avedge::trace
