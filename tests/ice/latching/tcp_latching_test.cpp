#include "ice/latching/tcp_latching.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "made_checks.h"
#include "tests/stream_path.h"

namespace avedge::latching {
namespace {

using std::chrono::seconds;
using Kind = StreamEvent::Kind;

constexpr SocketId kNearPort{1};
constexpr SocketId kFarPort{2};
const Time kStart{std::chrono::hours{1}};

Endpoint at(const char* text) {
  return *Endpoint::parse(text);
}

/// Connections as a worker would have them after the same orders.
class FakeConnections : public StreamConnections {
 public:
  struct Dial {
    SocketId port;
    Endpoint remote;
  };

  void set_accepting(SocketId port, bool accepting) override {
    accepting ? static_cast<void>(accepts.insert(port)) : static_cast<void>(accepts.erase(port));
  }
  Verdict<SocketId> dial(SocketId port, const Endpoint& remote) override {
    if (unreachable.contains(remote)) return DropReason::connection_failed;
    const SocketId id{next_++};
    open.insert(id);
    dials[id] = {port, remote};
    return id;
  }
  void await_first_frame(SocketId connection) override { awaited.insert(connection); }
  void speak_frames(SocketId connection) override { framed.insert(connection); }
  [[nodiscard]] FlowUsage sent_over(SocketId connection) const override {
    const auto found = usages.find(connection);
    return found == usages.end() ? FlowUsage{} : found->second;
  }

  SocketId accept() {
    const SocketId id{next_++};
    open.insert(id);
    return id;
  }
  void apply(const Outcome& outcome) {
    for (const FlowEdit& edit : outcome.edits()) {
      if (const auto* closing = std::get_if<CloseSocket>(&edit)) {
        EXPECT_EQ(open.erase(closing->socket), 1u) << "closed twice";
        dials.erase(closing->socket);
      } else if (const auto* joined = std::get_if<JoinConnections>(&edit)) {
        pipes[joined->client] = joined->peer;
      }
    }
    std::erase_if(pipes, [this](const auto& pipe) {
      return !open.contains(pipe.first) || !open.contains(pipe.second);
    });
  }

  std::set<SocketId> accepts;
  std::set<SocketId> open;
  std::set<SocketId> awaited;
  std::set<SocketId> framed;
  std::set<Endpoint> unreachable;
  std::map<SocketId, Dial> dials;
  std::map<SocketId, SocketId> pipes;  // near to far
  std::map<SocketId, FlowUsage> usages;

 private:
  std::uint32_t next_ = 100;
};

/// What datagrams' latching was asked to do.
class FakeDatagrams : public UdpPathHandler {
 public:
  void set_path(Time, const UdpPath& path, Outcome&) override { paths[path.id] = path; }
  void remove_path(MediaPathId path, Outcome&) override {
    EXPECT_EQ(paths.erase(path), 1u) << "unknown path removed";
  }
  std::map<MediaPathId, UdpPath> paths;
};

class TcpLatchingTest : public testing::Test {
 protected:
  TcpLatchingTest() {
    path_.id = MediaPathId{1};
    path_.caller.port = kNearPort;
    path_.caller.signalled_addresses = {at("198.51.100.1").address, at("198.51.100.9").address};
    path_.caller.sip_source = at("203.0.113.5").address;
    path_.callee.port = kFarPort;
    path_.callee.signalled_addresses = {at("10.0.0.20").address};
    path_.counters = std::make_shared<MediaPathCounters>();
  }

  /// The caller only connects; the callee also accepts.
  void let_far_accept() { path_.callee.passive = {at("10.0.0.20:6000"), at("10.0.0.21:6000")}; }
  void give_near_keys() { path_.caller.ice = {{"far", "secret", "near"}}; }

  void set_path() {
    Outcome outcome;
    latching_.set_path(now_, media_path_of(path_), outcome);
    worker_.apply(outcome);
  }
  void remove_path() {
    Outcome outcome;
    latching_.remove_path(path_.id, outcome);
    worker_.apply(outcome);
  }
  std::optional<DropReason> tell(const StreamEvent& event) {
    Outcome outcome;
    const auto verdict = latching_.on_stream(now_, event, outcome);
    worker_.apply(outcome);
    if (event.kind == Kind::ended) worker_.open.erase(event.connection);
    return verdict ? std::nullopt : std::optional{verdict.reason()};
  }
  SocketId come(SocketId port, const char* from) {
    const SocketId id = worker_.accept();
    last_reason_ = tell({Kind::accepted, id, port, at(from)});
    return id;
  }
  std::optional<DropReason> speak(SocketId id, SocketId port, const char* from, ConstBytes frame) {
    EXPECT_TRUE(worker_.awaited.contains(id));
    return tell({Kind::spoke, id, port, at(from), frame});
  }
  std::optional<DropReason> end(SocketId id) { return tell({Kind::ended, id}); }
  void connected(SocketId id) { tell({Kind::connected, id}); }
  void pass(Duration time) {
    now_ += time;
    Outcome outcome;
    if (now_ >= latching_.next_deadline()) latching_.expire(now_, outcome);
    worker_.apply(outcome);
  }
  /// What is being dialled at that moment, by where it leads.
  [[nodiscard]] SocketId dial_to(const char* remote) const {
    for (const auto& [id, dial] : worker_.dials) {
      if (dial.remote == at(remote) && worker_.open.contains(id)) return id;
    }
    return kNoSocket;
  }
  [[nodiscard]] bool is_open(SocketId id) const { return worker_.open.contains(id); }
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
    return counters_.drops.of(reason);
  }

  Time now_ = kStart;
  StreamPath path_;
  WorkerCounters counters_;
  FakeConnections worker_;
  FakeDatagrams datagrams_;
  TcpLatching latching_{worker_, datagrams_, counters_, {at("192.0.2.10").address}};
  std::optional<DropReason> last_reason_;
};

TEST_F(TcpLatchingTest, NobodyIsAcceptedButForAPath) {
  EXPECT_TRUE(worker_.accepts.empty());
  set_path();
  EXPECT_EQ(worker_.accepts, (std::set{kNearPort, kFarPort}));
  remove_path();
  EXPECT_TRUE(worker_.accepts.empty());
  EXPECT_EQ(latching_.next_deadline(), kNever);
}

// --- who may connect

struct Visitor {
  std::string name;
  Latching latching;
  const char* from;
  std::optional<DropReason> refused;
};

class Visitors : public TcpLatchingTest, public testing::WithParamInterface<Visitor> {};

INSTANTIATE_TEST_SUITE_P(
    All, Visitors,
    testing::Values(
        Visitor{"ASignalledAddress", Latching::signalled, "198.51.100.9:4711", std::nullopt},
        Visitor{"AStranger", Latching::signalled, "203.0.113.66:4000", DropReason::unknown_source},
        Visitor{"TheSipSourceIsNotSignalled", Latching::signalled, "203.0.113.5:4000",
                DropReason::unknown_source},
        Visitor{"TheSipSource", Latching::sip_source, "203.0.113.5:4000", std::nullopt},
        Visitor{"NotTheSipSource", Latching::sip_source, "198.51.100.1:4000",
                DropReason::unknown_source},
        Visitor{"StrictlySignalled", Latching::strict, "198.51.100.1:4000", std::nullopt},
        Visitor{"AnAddressOfOurs", Latching::signalled, "192.0.2.10:50004",
                DropReason::unknown_source}),
    [](const auto& tested) { return tested.param.name; });

// RTP bleed (CVE-2017-14099, CVE-2025-53399) is no better over TCP.
TEST_P(Visitors, AreAdmittedByTheirAddress) {
  path_.caller.latching = GetParam().latching;
  path_.caller.signalled_addresses.push_back(at("192.0.2.10").address);
  set_path();
  const SocketId visitor = come(kNearPort, GetParam().from);
  EXPECT_EQ(last_reason_, GetParam().refused);
  EXPECT_EQ(is_open(visitor), !GetParam().refused);
}

TEST_F(TcpLatchingTest, FromAnAddressOfOursOnlyWhatWasSignalledMayCome) {
  path_.caller.signalled_addresses.push_back(at("192.0.2.10").address);
  path_.caller.passive = {at("192.0.2.10:50004")};
  set_path();
  come(kNearPort, "192.0.2.10:50006");
  EXPECT_EQ(last_reason_, DropReason::unknown_source);
  come(kNearPort, "192.0.2.10:50004");
  EXPECT_EQ(last_reason_, std::nullopt);
}

TEST_F(TcpLatchingTest, AStrangerIsAdmittedByACheckOfTheParty) {
  give_near_keys();
  set_path();
  const SocketId far = come(kFarPort, "10.0.0.20:1024");
  const SocketId near = come(kNearPort, "203.0.113.66:4000");
  EXPECT_TRUE(worker_.pipes.empty()) << "it has shown nothing yet";
  const auto check = make_check("far:near", "secret");
  EXPECT_EQ(speak(near, kNearPort, "203.0.113.66:4000", check), std::nullopt);
  EXPECT_EQ(worker_.pipes, (std::map<SocketId, SocketId>{{near, far}}));
}

TEST_F(TcpLatchingTest, AnythingElseFromAStrangerEndsTheConnection) {
  give_near_keys();
  set_path();
  const auto wrong_password = make_check("far:near", "guessed");
  const auto wrong_user = make_check("far:else", "secret");
  for (const ConstBytes frame :
       {ConstBytes{wrong_password}, ConstBytes{wrong_user}, bytes_of("\x80 rtp"), ConstBytes{}}) {
    const SocketId stranger = come(kNearPort, "203.0.113.66:4000");
    EXPECT_EQ(speak(stranger, kNearPort, "203.0.113.66:4000", frame), DropReason::unknown_source);
    EXPECT_FALSE(is_open(stranger));
  }
}

TEST_F(TcpLatchingTest, UnderStrictNoCheckHelps) {
  give_near_keys();
  path_.caller.latching = Latching::strict;
  set_path();
  const SocketId stranger = come(kNearPort, "203.0.113.66:4000");
  EXPECT_EQ(last_reason_, DropReason::unknown_source);
  EXPECT_FALSE(is_open(stranger));
}

TEST_F(TcpLatchingTest, OnlySoManyMayBeUnprovenAndOnlyForSoLong) {
  give_near_keys();
  set_path();
  std::vector<SocketId> silent;
  for (std::size_t i = 0; i < TcpLatching::kMaxUnproven; ++i) {
    silent.push_back(come(kNearPort, "203.0.113.66:4000"));
    EXPECT_EQ(last_reason_, std::nullopt);
  }
  come(kNearPort, "203.0.113.66:4000");
  EXPECT_EQ(last_reason_, DropReason::connection_limit);
  pass(TcpLatching::kPatience);
  EXPECT_TRUE(worker_.open.empty());
  EXPECT_EQ(dropped(DropReason::connection_idle), TcpLatching::kMaxUnproven);
  come(kNearPort, "203.0.113.66:4000");
  EXPECT_EQ(last_reason_, std::nullopt) << "there is room again";
}

TEST_F(TcpLatchingTest, BranchesBehindOneAddressAreToldApartByTheirChecks) {
  give_near_keys();
  set_path();
  StreamPath branch = path_;
  branch.id = MediaPathId{2};
  branch.callee.port = SocketId{3};
  branch.caller.ice = {{"far", "secret", "near2"}};
  Outcome outcome;
  latching_.set_path(now_, media_path_of(branch), outcome);

  const SocketId callee = come(kFarPort, "10.0.0.20:1024");
  const SocketId second = come(SocketId{3}, "10.0.0.20:1025");
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  EXPECT_TRUE(worker_.pipes.empty()) << "it may be either's";
  speak(caller, kNearPort, "198.51.100.1:4000", make_check("far:near2", "secret"));
  EXPECT_EQ(worker_.pipes, (std::map<SocketId, SocketId>{{caller, second}}));
  EXPECT_TRUE(is_open(callee));
}

// --- whom it is joined with

TEST_F(TcpLatchingTest, TheOtherPartysPassiveEndpointsAreDialledAndTheFirstToAcceptWins) {
  let_far_accept();
  set_path();
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  const SocketId first = dial_to("10.0.0.20:6000");
  const SocketId second = dial_to("10.0.0.21:6000");
  ASSERT_NE(first, kNoSocket);
  ASSERT_NE(second, kNoSocket);
  EXPECT_EQ(worker_.dials[first].port, kFarPort);
  connected(second);
  EXPECT_EQ(worker_.pipes, (std::map<SocketId, SocketId>{{caller, second}}));
  EXPECT_FALSE(is_open(first));
}

TEST_F(TcpLatchingTest, TwoThatOnlyConnectMeet) {
  set_path();
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  EXPECT_TRUE(worker_.dials.empty());
  const SocketId callee = come(kFarPort, "10.0.0.20:1024");
  EXPECT_EQ(worker_.pipes, (std::map<SocketId, SocketId>{{caller, callee}}));
  pass(2 * TcpLatching::kPatience);
  EXPECT_TRUE(is_open(caller)) << "a pipe has no deadline";
}

TEST_F(TcpLatchingTest, OneThatCannotBeDialledIsWaitedFor) {
  let_far_accept();
  worker_.unreachable = {at("10.0.0.20:6000")};
  set_path();
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  EXPECT_EQ(dropped(DropReason::connection_failed), 1u);
  EXPECT_EQ(end(dial_to("10.0.0.21:6000")), DropReason::connection_failed);
  EXPECT_TRUE(is_open(caller));
  const SocketId callee = come(kFarPort, "10.0.0.20:1024");
  EXPECT_EQ(worker_.pipes, (std::map<SocketId, SocketId>{{caller, callee}}));
}

TEST_F(TcpLatchingTest, PassiveEndpointsOfBothAreTriedBeforeTheTwoThatConnectedMeet) {
  let_far_accept();
  path_.caller.passive = {at("198.51.100.1:4000")};
  set_path();
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  const SocketId callee = come(kFarPort, "10.0.0.20:1024");
  EXPECT_TRUE(worker_.pipes.empty()) << "each active side is meant for a passive one";
  pass(TcpLatching::kHeadStart);
  EXPECT_EQ(worker_.pipes, (std::map<SocketId, SocketId>{{caller, callee}}));
  EXPECT_EQ(worker_.open.size(), 2u) << "dials behind a NAT would go on for minutes";
}

TEST_F(TcpLatchingTest, EachConnectionIsAPipeOfItsOwn) {
  let_far_accept();
  path_.callee.passive.pop_back();
  set_path();
  const SocketId one = come(kNearPort, "198.51.100.1:4000");
  const SocketId to_one = dial_to("10.0.0.20:6000");
  connected(to_one);
  const SocketId other = come(kNearPort, "198.51.100.1:4001");
  SocketId to_other = kNoSocket;
  for (const auto& [id, dial] : worker_.dials) {
    if (id != to_one) to_other = id;
  }
  connected(to_other);
  EXPECT_EQ(worker_.pipes, (std::map<SocketId, SocketId>{{one, to_one}, {other, to_other}}));
}

TEST_F(TcpLatchingTest, WhoWaitsIsServedOnceTheOtherPartyHasAnswered) {
  set_path();
  const SocketId early = come(kNearPort, "198.51.100.1:4000");
  let_far_accept();
  set_path();
  connected(dial_to("10.0.0.20:6000"));
  EXPECT_EQ(worker_.pipes.size(), 1u);
  EXPECT_TRUE(worker_.pipes.contains(early));
}

TEST_F(TcpLatchingTest, TheSameValuesAgainChangeNothing) {
  let_far_accept();
  set_path();
  come(kNearPort, "198.51.100.1:4000");
  end(dial_to("10.0.0.20:6000"));
  end(dial_to("10.0.0.21:6000"));
  const auto before = worker_.open;
  set_path();
  EXPECT_EQ(worker_.open, before);
}

TEST_F(TcpLatchingTest, WhoeverMeetsNobodyInTimeIsSentAway) {
  let_far_accept();
  set_path();
  come(kNearPort, "198.51.100.1:4000");
  pass(TcpLatching::kHeadStart);
  pass(TcpLatching::kPatience);
  EXPECT_TRUE(worker_.open.empty()) << "with what was dialled for it";
  EXPECT_EQ(dropped(DropReason::unjoined), 1u);
}

TEST_F(TcpLatchingTest, OnlySoManyOfOnePartyMayWait) {
  set_path();
  for (std::size_t i = 0; i < TcpLatching::kMaxWaiting; ++i) {
    come(kNearPort, "198.51.100.1:4000");
    EXPECT_EQ(last_reason_, std::nullopt);
  }
  come(kNearPort, "198.51.100.1:4000");
  EXPECT_EQ(last_reason_, DropReason::table_full);
  come(kFarPort, "10.0.0.20:1024");
  EXPECT_EQ(worker_.pipes.size(), 1u) << "the other party is served nevertheless";
}

TEST_F(TcpLatchingTest, OnlySoManyPipesMayBeOpen) {
  set_path();
  for (std::size_t i = 0; i < TcpLatching::kMaxPipes; ++i) {
    come(kNearPort, "198.51.100.1:4000");
    come(kFarPort, "10.0.0.20:1024");
  }
  EXPECT_EQ(worker_.pipes.size(), TcpLatching::kMaxPipes);
  come(kNearPort, "198.51.100.1:4000");
  EXPECT_EQ(last_reason_, DropReason::table_full);
}

// --- a party that has no TCP

class Conversion : public TcpLatchingTest {
 protected:
  Conversion() {
    path_.callee = {};
    path_.callee_datagrams.emplace();
    path_.callee_datagrams->socket = SocketId{9};
    path_.callee_datagrams->signalled = at("10.0.0.20:6000");
    set_path();
  }
  [[nodiscard]] UdpPath datagram_path() const {
    return datagrams_.paths.empty() ? UdpPath{} : datagrams_.paths.begin()->second;
  }
};

TEST_F(Conversion, TheConnectionIsTheNearEndOfAPathOfDatagrams) {
  EXPECT_TRUE(datagrams_.paths.empty());
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  EXPECT_TRUE(worker_.framed.contains(caller));
  const UdpPath path = datagram_path();
  EXPECT_EQ(path.caller.socket, caller);
  EXPECT_EQ(path.caller.signalled, at("198.51.100.1:4000"));
  EXPECT_EQ(path.caller.latching, Latching::strict);
  EXPECT_EQ(path.callee, *path_.callee_datagrams);
  pass(2 * TcpLatching::kPatience);
  EXPECT_TRUE(is_open(caller));
}

TEST_F(Conversion, OneIsServedAtATime) {
  const SocketId first = come(kNearPort, "198.51.100.1:4000");
  const SocketId second = come(kNearPort, "198.51.100.1:4001");
  EXPECT_EQ(datagram_path().caller.socket, first);
  end(first);
  EXPECT_EQ(datagram_path().caller.socket, second);
}

TEST_F(Conversion, ACheckTakesThePlaceOfTheOneThatIsServed) {
  give_near_keys();
  set_path();
  const SocketId first = come(kNearPort, "198.51.100.1:4000");
  const SocketId media = come(kNearPort, "198.51.100.1:4001");
  speak(media, kNearPort, "198.51.100.1:4001", bytes_of("\x80 rtp"));
  EXPECT_EQ(datagram_path().caller.socket, first) << "an address alone is no reason";
  const SocketId check = come(kNearPort, "198.51.100.1:4002");
  speak(check, kNearPort, "198.51.100.1:4002", make_check("far:near", "secret"));
  EXPECT_EQ(datagram_path().caller.socket, check);
  EXPECT_FALSE(is_open(first));
}

TEST_F(Conversion, AnAnswerWithoutTcpIsTakenUpByWhoWaits) {
  remove_path();
  path_.callee_datagrams.reset();
  path_.callee.port = kFarPort;
  set_path();
  const SocketId early = come(kNearPort, "198.51.100.1:4000");
  path_.callee.port = kNoSocket;
  path_.callee_datagrams.emplace().socket = SocketId{9};
  set_path();
  EXPECT_EQ(datagram_path().caller.socket, early);
}

TEST_F(Conversion, AnAnswerWithTcpEndsIt) {
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  path_.callee_datagrams.reset();
  path_.callee.port = kFarPort;
  set_path();
  EXPECT_TRUE(datagrams_.paths.empty());
  EXPECT_FALSE(is_open(caller)) << "its frames can become nobody's stream any more";
}

TEST_F(Conversion, WhatItsFramesCountedAddsUp) {
  const SocketId first = come(kNearPort, "198.51.100.1:4000");
  datagram_path().counters->packets[0].set(3);
  datagram_path().counters->bytes[1].set(500);
  end(first);
  come(kNearPort, "198.51.100.1:4001");
  datagram_path().counters->packets[0].set(2);
  pass(TcpLatching::kPublishInterval);
  EXPECT_EQ(path_.counters->packets[0].value(), 5);
  EXPECT_EQ(path_.counters->bytes[1].value(), 500);
}

TEST_F(Conversion, ItsPathGoesWithIt) {
  come(kNearPort, "198.51.100.1:4000");
  remove_path();
  EXPECT_TRUE(datagrams_.paths.empty());
  EXPECT_TRUE(worker_.open.empty());
}

// --- how it ends

TEST_F(TcpLatchingTest, TheEndOfOneIsTheEndOfTheOther) {
  set_path();
  come(kNearPort, "198.51.100.1:4000");
  const SocketId callee = come(kFarPort, "10.0.0.20:1024");
  end(callee);
  EXPECT_TRUE(worker_.open.empty());
}

TEST_F(TcpLatchingTest, WhoHangsUpWhileOthersAreDialledTakesTheDialsAlong) {
  let_far_accept();
  set_path();
  end(come(kNearPort, "198.51.100.1:4000"));
  EXPECT_TRUE(worker_.open.empty());
}

TEST_F(TcpLatchingTest, APathThatIsRemovedEndsItsConnections) {
  let_far_accept();
  give_near_keys();
  set_path();
  come(kNearPort, "198.51.100.1:4000");
  connected(dial_to("10.0.0.20:6000"));
  come(kNearPort, "198.51.100.1:4001");  // being dialled for
  come(kNearPort, "203.0.113.66:4000");  // unproven
  remove_path();
  EXPECT_TRUE(worker_.open.empty());
}

TEST_F(TcpLatchingTest, ANewPortEndsWhatCameByTheOldOne) {
  set_path();
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  const SocketId callee = come(kFarPort, "10.0.0.20:1024");
  path_.caller.port = SocketId{3};
  set_path();
  EXPECT_FALSE(is_open(caller));
  EXPECT_FALSE(is_open(callee));
  EXPECT_EQ(worker_.accepts, (std::set{kFarPort, SocketId{3}}));
}

TEST_F(TcpLatchingTest, BytesOfPipesThatAreAndThatWereAreCounted) {
  set_path();
  const SocketId caller = come(kNearPort, "198.51.100.1:4000");
  const SocketId callee = come(kFarPort, "10.0.0.20:1024");
  worker_.usages[caller] = {0, 1000, kStart + seconds{5}};
  worker_.usages[callee] = {0, 30, kStart + seconds{4}};
  pass(TcpLatching::kPublishInterval);
  EXPECT_EQ(path_.counters->bytes[0].value(), 1000);
  EXPECT_EQ(path_.counters->bytes[1].value(), 30);
  EXPECT_EQ(path_.counters->last_activity.value(),
            (kStart + seconds{5}).time_since_epoch().count());
  end(callee);
  worker_.usages.clear();
  pass(TcpLatching::kPublishInterval);
  EXPECT_EQ(path_.counters->bytes[0].value(), 1000);
  EXPECT_EQ(counters_.stream_paths.value(), 1);
}

}  // namespace
}  // namespace avedge::latching
