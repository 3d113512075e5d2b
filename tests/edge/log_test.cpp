#include "edge/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "edge/log_line.h"

namespace avedge::edge {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST(LogLine, TextIsReadableAndUnambiguous) {
  EXPECT_EQ(text_log_line("allocation opened", {{"user", "alice"},
                                                {"client", "[2001:db8::1]:5000"},
                                                {"bytes", std::uint64_t{18446744073709551615u}},
                                                {"delta", -1},
                                                {"share", 0.5},
                                                {"channel", true},
                                                {"reason", "two words"},
                                                {"empty", ""}}),
            "allocation opened user=alice client=[2001:db8::1]:5000 bytes=18446744073709551615 "
            "delta=-1 share=0.5 channel=true reason=\"two words\" empty=\"\"");
}

TEST(LogLine, NobodyForgesALine) {
  EXPECT_EQ(text_log_line("e", {{"user", "a\nerror forged user=root"}}),
            "e user=\"a\\nerror forged user=root\"");
  EXPECT_EQ(text_log_line("e", {{"user", "\x1b[2J"}}), "e user=\"\\u001b[2J\"");
  EXPECT_EQ(text_log_line("e", {{"user", "a\" b=\"c"}}), "e user=\"a\\\" b=\\\"c\"");
  EXPECT_EQ(text_log_line("e", {{"user",
                                 "\xc2\x9b"
                                 "31m"}}),
            "e user=\"\\u009b31m\"");
  EXPECT_EQ(text_log_line("e", {{"user", "\x7f"}}), "e user=\"\\u007f\"");
  EXPECT_EQ(text_log_line("e", {{"user", "\xff\xfe"}}), "e user=\"\\ufffd\\ufffd\"");
}

TEST(LogLine, ALongValueIsCut) {
  EXPECT_LT(text_log_line("e", {{"user", std::string(100'000, 'x')}}).size(), 1000u);
}

TEST(LogLine, JsonIsValidWhateverItHolds) {
  for (const std::string& value :
       {std::string{"plain"}, std::string{"\"\\/"}, std::string{"\n\r\t"}, std::string(1, '\0'),
        std::string{"\xff"}, std::string{"é"}}) {
    const std::string line = "{" + json_log_line("e", {{"user", value}, {"n", 1}}) + "}";
    const auto parsed = nlohmann::json::parse(line);
    EXPECT_EQ(parsed["event"], "e");
    EXPECT_EQ(parsed["n"], 1);
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

/// A file in memory that a log is written to.
class LogFile {
 public:
  LogFile() : file_{open_memstream(&text_, &size_)} {}
  ~LogFile() {
    std::fclose(file_);
    std::free(text_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  [[nodiscard]] std::FILE* get() const { return file_; }
  /// Only after the session that writes to it.
  [[nodiscard]] std::string text() const {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

TEST(Log, WritesTextWithTimeAndLevel) {
  const LogFile file;
  {
    const LogSession session{{}, file.get()};
    log_event("call started", {{"call", "x"}});
    log_debug("not shown");
    log_warning("careful");
  }
  EXPECT_THAT(file.text(), MatchesRegex("....-..-..T..:..:......Z info call started call=x\n"
                                        "....-..-..T..:..:......Z warning careful\n"));
}

TEST(Log, WritesOneJsonObjectALine) {
  const LogFile file;
  {
    const LogSession session{{LogLevel::info, LogFormat::json}, file.get()};
    log_error("it broke", {{"user", "%s{}%n \"x\""}});
  }
  const auto line = nlohmann::json::parse(file.text());
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["event"], "it broke");
  EXPECT_EQ(line["user"], "%s{}%n \"x\"");
  EXPECT_THAT(line["time"].get<std::string>(), MatchesRegex("....-..-..T..:..:......Z"));
}

TEST(Log, LevelChangesWhileRunning) {
  const LogFile file;
  {
    const LogSession session{{LogLevel::error, LogFormat::text}, file.get()};
    log_event("before");
    set_log_level(LogLevel::debug);
    log_debug("after");
  }
  EXPECT_THAT(file.text(), Not(HasSubstr("before")));
  EXPECT_THAT(file.text(), HasSubstr("debug after"));
}

TEST(Log, DoesNothingWithoutASession) {
  log_event("nobody listens");
  EXPECT_EQ(lost_log_lines(), 0u);
}

TEST(Log, ManyThreadsMixNoLines) {
  const LogFile file;
  {
    const LogSession session{{}, file.get()};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 100; ++i) log_event("line", {{"number", i}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const std::string text = file.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 400);
}

}  // namespace
}  // namespace avedge::edge
