// Calls over TCP through real workers, on loopback: who is let in, who is dialled, and what
// crosses.
#include "relay/stream/anchor_tcp_connections.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <string>

#include "../../ice/latching/made_checks.h"
#include "../loopback.h"
#include "ice/latching/media_latching.h"
#include "relay/sockets/tcp_socket.h"
#include "relay/sockets/udp_socket.h"
#include "relay/worker/data_plane.h"
#include "tests/stream_path.h"

namespace avedge::relay {
namespace {

const IpAddress kEdge = private_loopback(0);
const IpAddress kParties = private_loopback(1);
const IpAddress kStranger = IpAddress::v4(127, 0, 0, 1);

/// A party's end of one connection, with a patience of ten seconds.
class Connection {
 public:
  explicit Connection(FileDescriptor fd) : fd_{std::move(fd)} {
    const timeval patience{10, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  static Connection open(const IpAddress& from, const Endpoint& to) {
    FileDescriptor fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const SocketAddress local{Endpoint{from, Port{}}};
    EXPECT_EQ(bind(fd.get(), &local.any, local.size()), 0);
    const SocketAddress remote{to};
    EXPECT_EQ(connect(fd.get(), &remote.any, remote.size()), 0);
    return Connection{std::move(fd)};
  }

  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// Exactly so many bytes, or what came before the end.
  [[nodiscard]] std::string receive(std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got = recv(fd_.get(), bytes.data(), size, MSG_WAITALL);
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
  }
  [[nodiscard]] bool has_ended() const {
    char byte = 0;
    const ssize_t got = recv(fd_.get(), &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

 private:
  FileDescriptor fd_;
};

/// A passive endpoint of a party.
class Acceptor {
 public:
  Acceptor() : fd_{*listen_tcp({kParties, Port{}}, "")} {}

  [[nodiscard]] Endpoint endpoint() const { return local_endpoint(fd_); }
  [[nodiscard]] Connection accept() {
    pollfd waiting{fd_.get(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, 10'000), 1);
    FileDescriptor fd = accept_tcp(fd_.get(), from_);
    const int blocking = fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK;
    EXPECT_EQ(fcntl(fd.get(), F_SETFL, blocking), 0);
    return Connection{std::move(fd)};
  }
  /// Of the last one.
  [[nodiscard]] const Endpoint& from() const { return from_; }

 private:
  FileDescriptor fd_;
  Endpoint from_;
};

std::string framed(std::string_view bytes) {
  return std::string{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size())} +
         std::string{bytes};
}

class PartyStreamsTest : public testing::Test {
 protected:
  void SetUp() override {
    DataPlaneSettings settings;
    settings.workers = 2;
    settings.ranges = {{"external", kEdge, kEdge, "", Port{50000}, Port{50099}}};
    auto plane = DataPlane::open(settings, [](const HandlerContext& context) {
      const std::vector<IpAddress> own{kEdge};
      return Handlers{std::make_unique<latching::MediaLatching>(context.flows, context.parties,
                                                                context.counters, own),
                      std::make_unique<latching::MediaLatching>(context.flows, context.parties,
                                                                context.counters, own)};
    });
    ASSERT_TRUE(plane) << plane.reason().message();
    plane_ = std::move(plane).value();
    plane_->start();
    worker_ = plane_->assign_worker();
    near_ = lease_stream();
    far_ = lease_stream();
    path_.id = MediaPathId{7};
    path_.caller.port = near_.socket();
    path_.callee.port = far_.socket();
    path_.caller.signalled_addresses = path_.callee.signalled_addresses = {kParties};
    path_.counters = std::make_shared<MediaPathCounters>();
  }
  void TearDown() override { plane_->remove_path(worker_, path_.id); }

  [[nodiscard]] MediaPort lease_stream() {
    return plane_->lease_stream(worker_, "external", AddressFamily::ipv4).value();
  }
  void set_path() { plane_->set_path(worker_, media_path_of(path_)); }
  [[nodiscard]] Connection near_connects() const {
    return Connection::open(kParties, near_.local());
  }
  [[nodiscard]] Connection far_connects() const { return Connection::open(kParties, far_.local()); }

  static void cross(const Connection& one, const Connection& other) {
    one.send("there");
    EXPECT_EQ(other.receive(5), "there");
    other.send("and back");
    EXPECT_EQ(one.receive(8), "and back");
  }
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
    std::uint64_t sum = 0;
    for (const auto* counters : plane_->counters()) sum += counters->drops.of(reason);
    return sum;
  }
  [[nodiscard]] std::uint64_t bytes(Direction direction) const {
    std::uint64_t sum = 0;
    for (const auto* counters : plane_->counters()) {
      sum += counters->bytes[static_cast<std::size_t>(direction)].value();
    }
    return sum;
  }
  template <class Condition>
  static bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::unique_ptr<DataPlane> plane_;
  WorkerIndex worker_{};
  MediaPort near_;
  MediaPort far_;
  StreamPath path_;
};

TEST_F(PartyStreamsTest, ThePartyThatConnectsReachesTheOneThatAccepts) {
  Acceptor callee;
  path_.callee.passive = {callee.endpoint()};
  set_path();
  const Connection near = near_connects();
  const Connection far = callee.accept();
  EXPECT_EQ(callee.from(), far_.local()) << "from the port that it was told";
  cross(near, far);
}

TEST_F(PartyStreamsTest, AndTheOtherWayRound) {
  Acceptor caller;
  path_.caller.passive = {caller.endpoint()};
  set_path();
  const Connection far = far_connects();
  const Connection near = caller.accept();
  EXPECT_EQ(caller.from(), near_.local());
  cross(near, far);
}

TEST_F(PartyStreamsTest, TwoThatOnlyConnectMeet) {
  set_path();
  const Connection near = near_connects();
  near.send("early ");  // stays in the kernel until somebody can have it
  const Connection far = far_connects();
  EXPECT_EQ(far.receive(6), "early ");
  cross(near, far);
  EXPECT_TRUE(eventually([&] {
    return bytes(Direction::anchor_caller_to_callee) == 11 &&
           bytes(Direction::anchor_callee_to_caller) == 8;
  }));
}

TEST_F(PartyStreamsTest, MegabytesPassWhole) {
  set_path();
  const Connection near = near_connects();
  const Connection far = far_connects();
  std::string large(4 << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 8);
  std::thread sender{[&] { near.send(large); }};
  EXPECT_TRUE(far.receive(large.size()) == large);
  sender.join();
}

TEST_F(PartyStreamsTest, WhoComesBeforeThePathWaits) {
  const Connection near = near_connects();
  near.send("early");
  set_path();
  EXPECT_EQ(far_connects().receive(5), "early");
}

TEST_F(PartyStreamsTest, AnEndpointThatRefusesIsPassedOver) {
  Acceptor callee;
  Endpoint closed;
  {
    const Acceptor gone;
    closed = gone.endpoint();
  }
  path_.callee.passive = {closed, callee.endpoint()};
  set_path();
  const Connection near = near_connects();
  cross(near, callee.accept());
}

TEST_F(PartyStreamsTest, TheEndOfOneIsTheEndOfTheOther) {
  set_path();
  const Connection near = near_connects();
  {
    const Connection far = far_connects();
    cross(near, far);
  }
  EXPECT_TRUE(near.has_ended());
}

TEST_F(PartyStreamsTest, AStrangerIsSentAway) {
  set_path();
  const Connection stranger = Connection::open(kStranger, near_.local());
  EXPECT_TRUE(stranger.has_ended());
  EXPECT_EQ(dropped(DropReason::unknown_source), 1u);
}

TEST_F(PartyStreamsTest, AStrangerIsAdmittedByACheckWhichReachesTheOtherParty) {
  path_.caller.ice = {{"far", "secret", "near"}};
  set_path();
  const Connection far = far_connects();
  const Connection near = Connection::open(kStranger, near_.local());
  const auto check = latching::make_check("far:near", "secret");
  const std::string frame = framed(text_of(check));
  near.send(frame.substr(0, 1));  // a length that comes in two halves
  near.send(frame.substr(1, 20));
  near.send(frame.substr(21));
  EXPECT_EQ(far.receive(frame.size()), frame);
  cross(near, far);
}

TEST_F(PartyStreamsTest, WhatIsNoCheckEndsAStrangersConnection) {
  path_.caller.ice = {{"far", "secret", "near"}};
  set_path();
  std::uint64_t refused = 0;
  for (const std::string& bytes : {framed("\x80 rtp"), std::string{"\x7F\xFF..."},
                                   std::string{"GET / HTTP/1.1\r\n\r\n"}, std::string(2, '\0')}) {
    const Connection stranger = Connection::open(kStranger, near_.local());
    stranger.send(bytes);
    if (bytes[0] == 'G' || bytes[0] == '\x7F') {
      stranger.send(std::string(2000, 'x'));  // longer than any check
    }
    EXPECT_TRUE(stranger.has_ended());
    ++refused;
    EXPECT_TRUE(eventually([&] { return dropped(DropReason::unknown_source) == refused; }));
  }
}

TEST_F(PartyStreamsTest, OnlySoManyWaitOnOnePort) {
  set_path();
  std::vector<Connection> waiting;
  for (std::size_t i = 0; i < latching::TcpLatching::kMaxWaiting; ++i) {
    waiting.push_back(near_connects());
  }
  EXPECT_TRUE(near_connects().has_ended());
  EXPECT_EQ(dropped(DropReason::table_full), 1u);
  cross(waiting.front(), far_connects());
}

TEST_F(PartyStreamsTest, APortOfOursThatIsNotLeasedIsNotDialled) {
  std::uint16_t free = 50000;
  while (Port{free} == near_.local().port || Port{free} == far_.local().port) ++free;
  path_.callee.passive = {{kEdge, Port{free}}, far_.local()};
  set_path();
  const Connection near = near_connects();
  EXPECT_TRUE(eventually([&] { return dropped(DropReason::peer_not_leased) == 2; }));
  cross(near, far_connects());
}

TEST_F(PartyStreamsTest, ACallThatCrossesTheEdgeTwiceReachesItself) {
  const MediaPort near_again = lease_stream();
  const MediaPort far_again = lease_stream();
  StreamPath second = path_;
  second.id = MediaPathId{8};
  second.caller.port = near_again.socket();
  second.callee.port = far_again.socket();
  second.caller.passive = {far_.local()};  // the first crossing's far port is this one's near party
  path_.callee.passive = {near_again.local()};
  path_.callee.signalled_addresses = second.caller.signalled_addresses = {kEdge};
  Acceptor callee;
  second.callee.passive = {callee.endpoint()};
  set_path();
  plane_->set_path(worker_, media_path_of(second));
  const Connection near = near_connects();
  cross(near, callee.accept());
  plane_->remove_path(worker_, second.id);
}

TEST_F(PartyStreamsTest, APathThatIsRemovedEndsItsConnectionsAndFreesItsPorts) {
  path_.caller.ice = {{"far", "secret", "near"}};
  set_path();
  const Connection near = near_connects();
  const Connection far = far_connects();
  cross(near, far);
  const Connection waiting = near_connects();
  const Connection unproven = Connection::open(kStranger, near_.local());
  unproven.send("x");
  plane_->remove_path(worker_, path_.id);
  for (const Connection* connection : {&near, &far, &waiting, &unproven}) {
    EXPECT_TRUE(connection->has_ended());
  }
  near_ = {};
  far_ = {};
  EXPECT_TRUE(eventually([&] { return plane_->addresses().all()[0]->tcp_ports().in_use() == 0; }));
}

TEST_F(PartyStreamsTest, WhatAPathHasCarriedIsPublished) {
  set_path();
  cross(near_connects(), far_connects());
  EXPECT_TRUE(eventually([&] {
    return path_.counters->bytes[0].value() == 5 && path_.counters->bytes[1].value() == 8;
  }));
  EXPECT_GT(path_.counters->last_activity.value(), 0);
}

// --- a party that has no TCP

class ConvertedStreamsTest : public PartyStreamsTest {
 protected:
  void SetUp() override {
    PartyStreamsTest::SetUp();
    far_ = plane_->lease_single(worker_, "external", AddressFamily::ipv4).value();
    callee_ = *open_udp({kParties, Port{}}, {});
    path_.callee = {};
    path_.callee_datagrams.emplace();
    path_.callee_datagrams->socket = far_.socket();
    path_.callee_datagrams->signalled = local_endpoint(callee_);
    set_path();
  }

  void callee_sends(const std::string& datagram) const {
    const SocketAddress to{far_.local()};
    ASSERT_EQ(sendto(callee_.get(), datagram.data(), datagram.size(), 0, &to.any, to.size()),
              static_cast<ssize_t>(datagram.size()));
  }
  /// Waits for a datagram, at most ten seconds.
  [[nodiscard]] std::string callee_receives() const {
    pollfd waiting{callee_.get(), POLLIN, 0};
    if (poll(&waiting, 1, 10'000) != 1) return "nothing";
    std::string bytes(65536, '\0');
    const ssize_t got = recv(callee_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
  }
  void cross_both_ways(const Connection& caller) const {
    caller.send(framed("\x80 there"));
    EXPECT_EQ(callee_receives(), "\x80 there");
    callee_sends("\x80 and back");
    EXPECT_EQ(caller.receive(12), framed("\x80 and back"));
  }

  FileDescriptor callee_;
};

TEST_F(ConvertedStreamsTest, FramesBecomeDatagramsAndDatagramsFrames) {
  const Connection caller = near_connects();
  cross_both_ways(caller);
  cross_both_ways(caller);  // by flows: the first ones went by the slow path, which latched
  EXPECT_TRUE(eventually([&] {
    return bytes(Direction::anchor_caller_to_callee) == 7 &&
           bytes(Direction::anchor_callee_to_caller) == 10;
  }));
}

TEST_F(ConvertedStreamsTest, HoweverTheStreamIsCut) {
  const Connection caller = near_connects();
  const std::string large(60'000, 'x');
  const std::string stream =
      framed("\x80 one") + framed("") + framed("\x80 two") + framed(large) + framed("\x80 last");
  for (std::size_t from = 0; from < 30; ++from) caller.send(stream.substr(from, 1));
  caller.send(stream.substr(30));
  EXPECT_EQ(callee_receives(), "\x80 one");
  EXPECT_EQ(callee_receives(), "\x80 two");
  EXPECT_TRUE(callee_receives() == large);
  EXPECT_EQ(callee_receives(), "\x80 last");
}

TEST_F(ConvertedStreamsTest, ChecksCrossToo) {
  const Connection caller = near_connects();
  const auto made = latching::make_check("far:near", "secret");
  const std::string check{text_of(made)};
  caller.send(framed(check));
  EXPECT_EQ(callee_receives(), check);
  callee_sends(check);
  EXPECT_EQ(caller.receive(check.size() + 2), framed(check));
}

TEST_F(ConvertedStreamsTest, AFrameThatNoDatagramHoldsEndsTheConnection) {
  const Connection caller = near_connects();
  caller.send("\xFF\xFF");
  EXPECT_TRUE(caller.has_ended());
  EXPECT_EQ(dropped(DropReason::payload_too_long), 1u);
}

TEST_F(ConvertedStreamsTest, ASecondConnectionIsServedWhenTheFirstIsOver) {
  auto first = std::make_unique<Connection>(near_connects());
  cross_both_ways(*first);
  const Connection second = near_connects();
  second.send(framed("\x80 later"));
  first.reset();
  EXPECT_EQ(callee_receives(), "\x80 later");
  cross_both_ways(second);
}

TEST_F(ConvertedStreamsTest, ANewerOneWithAValidCheckTakesItsPlace) {
  path_.caller.ice = {{"far", "secret", "near"}};
  set_path();
  const Connection first = near_connects();
  cross_both_ways(first);
  const Connection second = near_connects();
  const auto made = latching::make_check("far:near", "secret");
  const std::string check{text_of(made)};
  second.send(framed(check));
  EXPECT_TRUE(first.has_ended());
  EXPECT_EQ(callee_receives(), check);
  cross_both_ways(second);
}

TEST_F(ConvertedStreamsTest, AStrangersDatagramsReachNobody) {
  const Connection caller = near_connects();
  const FileDescriptor stranger = *open_udp({kStranger, Port{}}, {});
  const SocketAddress to{far_.local()};
  ASSERT_EQ(sendto(stranger.get(), "\x80 me", 4, 0, &to.any, to.size()), 4);
  EXPECT_TRUE(eventually([&] { return dropped(DropReason::unknown_source) == 1; }));
  cross_both_ways(caller);
}

TEST_F(ConvertedStreamsTest, APathThatIsRemovedEndsIt) {
  const Connection caller = near_connects();
  cross_both_ways(caller);
  plane_->remove_path(worker_, path_.id);
  EXPECT_TRUE(caller.has_ended());
  EXPECT_EQ(path_.counters->packets[0].value(), 1);
  EXPECT_EQ(path_.counters->bytes[1].value(), 10);
  EXPECT_TRUE(eventually([&] {
    std::int64_t flows = 0;
    for (const auto* counters : plane_->counters()) flows += counters->flows.value();
    return flows == 0;
  }));
}

}  // namespace
}  // namespace avedge::relay
