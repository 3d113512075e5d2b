// Bytes that cross from one connection to another.
#include "relay/stream/tcp_splice.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>

namespace avedge::relay {
namespace {

/// A connection whose far end the test holds.
struct Connection {
  Connection() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    near = ByteStream{FileDescriptor{ends[0]}};
    far = FileDescriptor{ends[1]};
  }
  ByteStream near;
  FileDescriptor far;
};

std::string read_all(const FileDescriptor& fd) {
  std::string bytes;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

class PumpTest : public testing::Test {
 protected:
  void say(const std::string& bytes) {
    ASSERT_EQ(send(source_.far.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }
  SpliceDirection::State run() { return pump_.run(source_.near, sink_.near); }

  Connection source_;
  Connection sink_;
  SpliceDirection pump_;
};

TEST_F(PumpTest, PassesOnWhatIsThereAndWaitsForMore) {
  say("hello");
  EXPECT_EQ(run(), SpliceDirection::State::wants_to_read);
  EXPECT_EQ(read_all(sink_.far), "hello");
  EXPECT_EQ(pump_.moved(), 5u);
}

TEST_F(PumpTest, WhatWasPreloadedGoesFirst) {
  pump_.preload(bytes_of("first "));
  say("second");
  EXPECT_EQ(run(), SpliceDirection::State::wants_to_read);
  EXPECT_EQ(read_all(sink_.far), "first second");
}

TEST_F(PumpTest, EndsWhenTheSourceHasSaidItsLast) {
  say("last words");
  source_.far.reset();
  EXPECT_EQ(run(), SpliceDirection::State::ended);
  EXPECT_EQ(read_all(sink_.far), "last words");
}

TEST_F(PumpTest, EndsWhenTheSinkIsGone) {
  sink_.far.reset();
  pump_.preload(bytes_of("nobody listens"));
  EXPECT_EQ(run(), SpliceDirection::State::ended);
}

TEST_F(PumpTest, AFullSinkStopsTheReadingAndNothingIsLost) {
  std::string sent;
  std::string received;
  bool was_full = false;
  for (int step = 0; step < 4000 && received.size() < 2'000'000; ++step) {
    const std::string piece(1000, static_cast<char>('a' + step % 26));
    if (send(source_.far.get(), piece.data(), piece.size(), 0) == 1000) sent += piece;
    was_full = run() == SpliceDirection::State::wants_to_write || was_full;
    if (step % 500 == 499) received += read_all(sink_.far);
  }
  for (int rest = 0; rest < 1000 && received.size() < sent.size(); ++rest) {
    static_cast<void>(run());
    received += read_all(sink_.far);
  }
  EXPECT_TRUE(was_full);
  EXPECT_EQ(received, sent);
}

}  // namespace
}  // namespace avedge::relay
