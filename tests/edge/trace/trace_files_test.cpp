#include "edge/trace/trace_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling-shim/trace/record_writer.h"
#include "tests/edge/temporary_folder.h"

namespace avedge::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string record(const std::string& start_line, const std::string& call_id,
                   std::chrono::seconds time, const std::string& cseq = "1 INVITE") {
  trace::Message message;
  message.time = trace::WallTime{1'795'000'000s + time};
  message.peer = *Endpoint::parse("192.0.2.1:5060");
  message.text =
      start_line +
      "\r\nFrom: <sip:alice@a.example>;tag=1\r\nTo: <sip:bob@b.example>\r\nCSeq: " + cseq +
      "\r\nCall-ID: " + call_id + "\r\n\r\n";
  return trace::record_of(message, {}, 1);
}

const std::string kInvite = "INVITE sip:bob@b.example SIP/2.0";

class TraceFilesTest : public ::testing::Test {
 protected:
  /// The newer file comes first, as a shell's FILE* names it.
  TraceFiles files() {
    return TraceFiles{
        {folder_.write("sip.log", record("BYE sip:bob@b.example SIP/2.0", "two", 90s, "2 BYE") +
                                      record("SIP/2.0 200 OK", "two", 91s, "2 BYE")),
         folder_.write("sip.log.1", record(kInvite, "two", 20s) + "junk\r\n" +
                                        record(kInvite, "one", 10s) +
                                        record("SIP/2.0 180 Ringing", "two", 21s) +
                                        record("SIP/2.0 486 Busy Here", "one", 22s) +
                                        record("SIP/2.0 200 OK", "two", 23s))}};
  }
  TemporaryFolder folder_;
};

TEST_F(TraceFilesTest, FindsCallsByTheirMessages) {
  TraceFiles traced = files();
  EXPECT_THAT(*traced.find({}), ElementsAre("one", "two"));
  trace::Query query;
  query.contents = {"486 busy"};
  EXPECT_THAT(*traced.find(query), ElementsAre("one"));
  query.contents = {"nothing of that kind"};
  EXPECT_THAT(*traced.find(query), IsEmpty());
  EXPECT_EQ(traced.damaged(), 0U);
}

TEST_F(TraceFilesTest, SummarisesCallsInTheOrderOfTheirBeginning) {
  const auto calls = files().summarise({"one", "two", "unknown"});
  ASSERT_TRUE(calls.ok());
  ASSERT_EQ(calls->size(), 2U);
  const CallSummary& one = (*calls)[0];
  const CallSummary& two = (*calls)[1];
  EXPECT_EQ(one.call_id, "one");
  EXPECT_EQ(one.outcome, "486 Busy Here");
  EXPECT_EQ(one.messages, 2U);
  EXPECT_EQ(one.from, "sip:alice@a.example");
  EXPECT_EQ(one.to, "sip:bob@b.example");
  EXPECT_EQ(two.call_id, "two");
  EXPECT_EQ(two.outcome, "200 OK");
  EXPECT_EQ(two.messages, 5U);
}

TEST_F(TraceFilesTest, GathersTheMessagesOfACallInOrderOfTime) {
  const auto messages = files().messages_of("two");
  ASSERT_TRUE(messages.ok());
  std::vector<std::string> lines;
  for (const trace::Entry& entry : *messages) lines.push_back(entry.start_line);
  EXPECT_THAT(lines, ElementsAre(kInvite, "SIP/2.0 180 Ringing", "SIP/2.0 200 OK",
                                 "BYE sip:bob@b.example SIP/2.0", "SIP/2.0 200 OK"));
}

TEST_F(TraceFilesTest, ACallThatIsTooLongIsCutOff) {
  std::string text;
  for (std::size_t i = 0; i < TraceFiles::kMostMessages + 5; ++i)
    text += record(kInvite, "one", 1s);
  TraceFiles traced{{folder_.write("sip.log", text)}};
  EXPECT_EQ(traced.messages_of("one")->size(), TraceFiles::kMostMessages);
}

TEST_F(TraceFilesTest, CallsAreBounded) {
  std::string text = record(kInvite, std::string(TraceFiles::kLongestCallId + 1, 'x'), 1s);
  for (std::size_t i = 0; i < TraceFiles::kMostCalls + 5; ++i) {
    text += record(kInvite, std::to_string(i), 1s);
  }
  TraceFiles traced{{folder_.write("sip.log", text)}};
  EXPECT_EQ(traced.find({})->size(), TraceFiles::kMostCalls);
}

TEST_F(TraceFilesTest, SaysWhatCannotBeRead) {
  TraceFiles missing{{folder_.file("none")}};
  EXPECT_EQ(missing.find({}).reason().message(),
            "cannot read '" + folder_.file("none") + "': No such file or directory");
  TraceFiles directory{{folder_.file("")}};
  EXPECT_FALSE(directory.find({}).ok());
}

}  // namespace
}  // namespace avedge::edge
