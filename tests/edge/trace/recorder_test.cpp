#include "edge/trace/recorder.h"

#include <gtest/gtest.h>

#include <future>

namespace avedge::edge {
namespace {

using namespace std::chrono_literals;

/// What a sink was given, and how it behaves.
struct SinkState {
  std::vector<std::string> written;
  std::optional<Error> failure;
  std::shared_future<void> release;  // writes wait for it, if it is valid
  std::promise<void> entered;
  bool has_entered = false;
};

class FakeSink final : public Sink {
 public:
  FakeSink(SinkKind kind, SinkState& state) : kind_{kind}, state_{state} {}
  [[nodiscard]] SinkKind kind() const override { return kind_; }
  [[nodiscard]] Result<void> write(const trace::Message& message) override {
    if (!std::exchange(state_.has_entered, true)) state_.entered.set_value();
    if (state_.release.valid()) state_.release.wait();
    if (state_.failure) return *state_.failure;
    state_.written.push_back(message.text);
    return {};
  }

 private:
  SinkKind kind_;
  SinkState& state_;
};

class RecorderTest : public ::testing::Test {
 protected:
  void start(Secrets secrets = Secrets::masked) {
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<FakeSink>(SinkKind::file, file_));
    sinks.push_back(std::make_unique<FakeSink>(SinkKind::collector, collector_));
    recorder_.emplace(std::move(sinks), secrets, counters_,
                      [this](SinkKind, const std::string& why) { troubles_.push_back(why); });
  }
  void record(std::string text, trace::WallTime time = {}) {
    trace::Message message;
    message.time = trace::WallTime{24h} + time.time_since_epoch();
    message.text = std::move(text);
    recorder_->record(std::move(message));
  }
  [[nodiscard]] std::uint64_t failed(SinkKind kind) const {
    return counters_.failed[static_cast<std::size_t>(kind)].value();
  }

  SinkState file_;
  SinkState collector_;
  TraceCounters counters_;
  std::vector<std::string> troubles_;
  std::optional<Recorder> recorder_;
};

const std::string kSecret = "BYE sip:a SIP/2.0\r\nAuthorization: Basic abc\r\n\r\n";

TEST_F(RecorderTest, GivesEverySinkEveryMessageInOrder) {
  start();
  for (int i = 0; i < 100; ++i) record(std::to_string(i));
  recorder_.reset();
  ASSERT_EQ(file_.written.size(), 100U);
  EXPECT_EQ(file_.written[99], "99");
  EXPECT_EQ(collector_.written, file_.written);
  EXPECT_EQ(counters_.recorded.value(), 100U);
  EXPECT_EQ(counters_.queue_full.value(), 0U);
}

TEST_F(RecorderTest, MasksSecrets) {
  start();
  record(kSecret);
  recorder_.reset();
  EXPECT_EQ(file_.written.at(0), "BYE sip:a SIP/2.0\r\nAuthorization: Basic ***\r\n\r\n");
  EXPECT_EQ(collector_.written, file_.written);
}

TEST_F(RecorderTest, ShowsSecretsIfAskedTo) {
  start(Secrets::shown);
  record(kSecret);
  recorder_.reset();
  EXPECT_EQ(file_.written.at(0), kSecret);
}

TEST_F(RecorderTest, ASinkThatHangsCostsMessagesNotTime) {
  std::promise<void> release;
  file_.release = release.get_future().share();
  start();
  record("first");
  file_.entered.get_future().wait();
  const std::string large(64 * 1024, 'x');
  const std::size_t fits = Recorder::kQueueBytes / (large.size() + sizeof(trace::Message));
  for (std::size_t i = 0; i < fits + 10; ++i) record(large);
  EXPECT_EQ(counters_.queue_full.value(), 10U);
  release.set_value();
  recorder_.reset();
  EXPECT_EQ(file_.written.size(), 1 + fits);
}

TEST_F(RecorderTest, OneSinkFailsWithoutTheOther) {
  collector_.failure = Error{"nobody there"};
  start();
  record("one");
  record("two", trace::WallTime{59s});
  record("three", trace::WallTime{61s});
  recorder_.reset();
  EXPECT_EQ(file_.written.size(), 3U);
  EXPECT_EQ(failed(SinkKind::collector), 3U);
  EXPECT_EQ(failed(SinkKind::file), 0U);
  EXPECT_EQ(troubles_, (std::vector<std::string>{"nobody there", "nobody there"}))
      << "once a minute";
}

}  // namespace
}  // namespace avedge::edge
