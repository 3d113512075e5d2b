// The two sinks, on a real file and a real socket.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <sstream>

#include "edge/trace/collector_sink.h"
#include "edge/trace/file_sink.h"
#include "relay/sockets/socket_address.h"
#include "tests/edge/temporary_folder.h"

namespace avedge::edge {
namespace {

trace::Message sample() {
  trace::Message message;
  message.peer = *Endpoint::parse("192.0.2.1:5060");
  message.local = *Endpoint::parse("192.0.2.2:5060");
  message.text = "BYE sip:a SIP/2.0\r\n\r\n";
  return message;
}

TEST(FileSinkTest, WritesNumberedRecords) {
  const TemporaryFolder folder;
  auto file = RotatingFile::open(folder.file("trace"), {});
  ASSERT_TRUE(file.ok());
  FileSink sink{*std::move(file)};
  EXPECT_TRUE(sink.write(sample()).ok());
  EXPECT_TRUE(sink.write(sample()).ok());
  std::ostringstream text;
  text << std::ifstream{folder.file("trace")}.rdbuf();
  EXPECT_NE(text.str().find("Instance-Id: 00000001\r\n"), std::string::npos);
  EXPECT_NE(text.str().find("Instance-Id: 00000002\r\n"), std::string::npos);
  EXPECT_EQ(sink.kind(), SinkKind::file);
}

TEST(CollectorSinkTest, SendsAPacketPerMessage) {
  const relay::FileDescriptor collector{::socket(AF_INET, SOCK_DGRAM, 0)};
  relay::SocketAddress address{*Endpoint::parse("127.0.0.1:0")};
  ASSERT_EQ(::bind(collector.get(), &address.any, address.size()), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(collector.get(), &address.any, &size), 0);
  auto sink = CollectorSink::open(address.endpoint(), {7, ""});
  ASSERT_TRUE(sink.ok());
  EXPECT_TRUE((*sink)->write(sample()).ok());
  std::array<char, 1024> packet;
  const ssize_t received = ::recv(collector.get(), packet.data(), packet.size(), 0);
  ASSERT_GT(received, 0);
  EXPECT_EQ(std::string(packet.data(), static_cast<std::size_t>(received)),
            trace::hep_packet(sample(), {7, ""}));
}

TEST(CollectorSinkTest, NoticesThatNobodyListens) {
  Endpoint nobody;
  {
    const relay::FileDescriptor gone{::socket(AF_INET, SOCK_DGRAM, 0)};
    relay::SocketAddress address{*Endpoint::parse("127.0.0.1:0")};
    ASSERT_EQ(::bind(gone.get(), &address.any, address.size()), 0);
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(gone.get(), &address.any, &size), 0);
    nobody = address.endpoint();
  }
  auto sink = CollectorSink::open(nobody, {});
  ASSERT_TRUE(sink.ok());
  EXPECT_TRUE((*sink)->write(sample()).ok()) << "on its way";
  const auto second = (*sink)->write(sample());
  ASSERT_FALSE(second.ok()) << "the first came back";
  EXPECT_EQ(second.reason().message(),
            "cannot send to collector " + nobody.to_string() + ": Connection refused");
}

}  // namespace
}  // namespace avedge::edge
