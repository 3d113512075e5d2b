// RFC 8016: allocations that follow their client, on one worker and between two.
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;

void want_ticket(StunBuilder& builder) {
  builder.flag(AttributeType::mobility_ticket);
}

std::vector<std::byte> ticket_of(const Answered& answer) {
  const auto value = answer.view().find(AttributeType::mobility_ticket);
  return value ? std::vector<std::byte>{value->begin(), value->end()} : std::vector<std::byte>{};
}

Fill show(const std::vector<std::byte>& ticket, std::optional<std::uint32_t> lifetime = {}) {
  return [ticket, lifetime](StunBuilder& b) {
    b.raw(AttributeType::mobility_ticket, ticket);
    if (lifetime) b.u32(AttributeType::lifetime, *lifetime);
  };
}

Settings mobile() {
  Settings settings = World::default_settings();
  settings.mobility = true;
  return settings;
}

/// The same user somewhere else.
Client moved(World& world, const char* to = "192.0.2.99:50000") {
  Client client;
  client.endpoint = *Endpoint::parse(to);
  return world.login(client);
}

// --- on one worker -------------------------------------------------------------------------------

class OneWorker : public ::testing::Test {
 protected:
  std::vector<std::byte> allocate() {
    const auto answer = world_.allocate(home_, want_ticket);
    EXPECT_EQ(answer.code(), 200);
    return ticket_of(answer);
  }
  World world_{mobile()};
  Client home_ = world_.login();
};

TEST_F(OneWorker, Rfc8016_3_1_ATicketIsGivenToWhomAsksForOne) {
  EXPECT_EQ(allocate().size(), 16u);
  Client other = home_;
  other.endpoint.port = Port{41'000};
  EXPECT_TRUE(ticket_of(world_.allocate(world_.login(other))).empty());
}

TEST(TicketTest, HasNoZeroBytesForClientsThatKeepItAsAText) {
  for (int i = 0; i < 1000; ++i) {
    const auto worker = WorkerIndex{static_cast<std::uint8_t>(i % 255)};
    const Ticket ticket = Ticket::random(worker);
    EXPECT_EQ(ticket.worker(), worker);
    EXPECT_EQ(std::count(ticket.bytes.begin(), ticket.bytes.end(), std::byte{0}), 0);
  }
}

TEST_F(OneWorker, Rfc8016_3_1_Without405AndWithATicketInAllocate400) {
  World off;
  EXPECT_EQ(off.allocate(off.login(), want_ticket).code(), 405);
  EXPECT_EQ(off.ask(off.login(), Method::refresh, show(std::vector<std::byte>(16))).code(), 405);
  EXPECT_EQ(world_.allocate(home_, show(std::vector<std::byte>(16))).code(), 400);
}

TEST_F(OneWorker, Rfc8016_3_2_TheAllocationFollowsItsClient) {
  const auto ticket = allocate();
  ASSERT_EQ(world_.bind(home_, 0x4000, "8.8.8.8:1").code(), 200);
  const SocketId relay = world_.relay();
  const Client away = moved(world_);
  const auto answer = world_.ask(away, Method::refresh, show(ticket));
  ASSERT_EQ(answer.code(), 200);
  EXPECT_EQ(answer.to, away.endpoint);
  EXPECT_NE(ticket_of(answer), ticket);
  EXPECT_EQ(ticket_of(answer).size(), 16u);

  EXPECT_EQ(world_.relay(), relay);
  EXPECT_EQ(world_.flow(relay, "8.8.8.8:1")->destination, away.endpoint);
  EXPECT_TRUE(world_.flow(World::kListener, "192.0.2.99:50000", 0x4000));
  EXPECT_FALSE(world_.flow(World::kListener, "192.0.2.50:40000", 0x4000));
  EXPECT_FALSE(world_.flow(World::kListener, "192.0.2.50:40000", kSendIndicationIpv4));
  EXPECT_EQ(world_.refresh(home_).code(), 437) << "nothing is left at home";
  EXPECT_EQ(world_.refresh(away).code(), 200);
  EXPECT_EQ(world_.observer.opened, 1u);
  EXPECT_TRUE(world_.observer.closed.empty());
}

TEST_F(OneWorker, QuotasMoveWithTheSourceAndStayWithTheUser) {
  const auto ticket = allocate();
  const Client away = moved(world_);
  ASSERT_EQ(world_.ask(away, Method::refresh, show(ticket)).code(), 200);
  EXPECT_EQ(world_.quota.booked.at("alice"), 1u);
  EXPECT_FALSE(world_.quota.sources.contains(home_.endpoint.address));
  EXPECT_EQ(world_.quota.sources.at(away.endpoint.address), 1u);
  ASSERT_EQ(world_.refresh(away, 0).code(), 200);
  EXPECT_TRUE(world_.quota.sources.empty());
}

TEST_F(OneWorker, ASourceWithoutRoomDoesNotGetIt) {
  const auto ticket = allocate();
  world_.quota.refuse_moves = true;
  EXPECT_EQ(world_.ask(moved(world_), Method::refresh, show(ticket)).code(), 486);
  EXPECT_EQ(world_.refresh(home_).code(), 200);
}

TEST_F(OneWorker, ARetransmittedMoveGetsTheSameAnswer) {
  const auto ticket = allocate();
  const Client away = moved(world_);
  const auto transaction = stun::TransactionId::random();
  const auto first = world_.ask(away, Method::refresh, transaction, show(ticket));
  const auto again = world_.ask(away, Method::refresh, transaction, show(ticket));
  EXPECT_EQ(first.code(), 200);
  EXPECT_EQ(again.bytes, first.bytes);
}

TEST_F(OneWorker, ATicketIsGoodOnceAndForItsUserOnly) {
  const auto ticket = allocate();
  Client bob = moved(world_);
  bob.user = "bob";
  bob.password = "builder";
  EXPECT_EQ(world_.ask(bob, Method::refresh, show(ticket)).code(), 441);
  ASSERT_EQ(world_.ask(moved(world_), Method::refresh, show(ticket)).code(), 200);
  EXPECT_EQ(world_.ask(moved(world_, "192.0.2.98:1"), Method::refresh, show(ticket)).code(), 400);
}

TEST_F(OneWorker, WhatIsNoTicketIsABadRequest) {
  allocate();
  const Client away = moved(world_);
  for (const std::size_t size : {1u, 15u, 16u, 17u, 400u}) {
    EXPECT_EQ(world_.ask(away, Method::refresh, show(std::vector<std::byte>(size))).code(), 400)
        << size;
  }
  auto elsewhere = std::vector<std::byte>(16);
  elsewhere[0] = std::byte{9};
  EXPECT_EQ(world_.ask(away, Method::refresh, show(elsewhere)).code(), 400);
}

TEST_F(OneWorker, WhoHasAnAllocationAlreadyGetsNoSecondOne) {
  const auto ticket = allocate();
  const Client away = moved(world_);
  ASSERT_EQ(world_.allocate(away).code(), 200);
  EXPECT_EQ(world_.ask(away, Method::refresh, show(ticket)).code(), 437);
}

TEST_F(OneWorker, AMoveCanAlsoDelete) {
  const auto ticket = allocate();
  const Client away = moved(world_);
  const auto transaction = stun::TransactionId::random();
  EXPECT_EQ(world_.ask(away, Method::refresh, transaction, show(ticket, 0)).lifetime(), 0u);
  EXPECT_EQ(world_.ask(away, Method::refresh, transaction, show(ticket, 0)).lifetime(), 0u);
  EXPECT_TRUE(world_.flows.flows.empty());
  EXPECT_TRUE(world_.ports.sockets.empty());
}

TEST_F(OneWorker, ItsOwnTicketOnItsOwnFiveTupleIsAnOrdinaryRefresh) {
  const auto ticket = allocate();
  const auto answer = world_.ask(home_, Method::refresh, show(ticket, 1200));
  EXPECT_EQ(answer.lifetime(), 1200u);
  EXPECT_EQ(ticket_of(answer), ticket);
}

TEST_F(OneWorker, AClosedConnectionLeavesItWaiting) {
  const Client tcp = world_.login(Client{}.over(Transport::tcp, 7));
  const auto ticket = ticket_of(world_.allocate(tcp, want_ticket));
  ASSERT_EQ(world_.bind(tcp, 0x4000, "8.8.8.8:1").code(), 200);
  world_.flows.used[{SocketId{7}, tcp.endpoint, 0x4000}] = {3, 300, {}};
  world_.hang_up(tcp);
  EXPECT_TRUE(world_.flows.flows.empty());
  EXPECT_EQ(world_.ports.sockets.size(), 1u);
  EXPECT_TRUE(world_.icmp("8.8.8.8:1", {3, 3, 0}).silent()) << "nobody is there to be told";

  const Client again = world_.login(Client{}.over(Transport::tcp, 8));
  ASSERT_EQ(world_.ask(again, Method::refresh, show(ticket)).code(), 200);
  EXPECT_TRUE(world_.flow(SocketId{8}, "192.0.2.50:40000", 0x4000));
  EXPECT_EQ(world_.decided.auth_state.at(8), AuthState::authenticated);
  ASSERT_EQ(world_.refresh(again, 0).code(), 200);
  EXPECT_EQ(world_.observer.closed[0].traffic.up.bytes, 300u) << "what went over it before counts";
}

TEST_F(OneWorker, WhoDoesNotComeBackLosesIt) {
  const Client tcp = world_.login(Client{}.over(Transport::tcp, 7));
  const auto ticket = ticket_of(world_.allocate(tcp, want_ticket));
  world_.hang_up(tcp);
  world_.advance(10min);
  EXPECT_TRUE(world_.ports.sockets.empty());
  EXPECT_EQ(world_.observer.closed[0].reason, CloseReason::expired);
  EXPECT_EQ(world_.ask(moved(world_), Method::refresh, show(ticket)).code(), 400);
}

// --- between two ---------------------------------------------------------------------------------

class TwoWorkers : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto answer = there_.allocate(home_, want_ticket);
    ASSERT_EQ(answer.code(), 200);
    ticket_ = ticket_of(answer);
    ASSERT_EQ(there_.bind(home_, 0x4000, "8.8.8.8:1").code(), 200);
    relayed_ = *answer.address(AttributeType::xor_relayed_address);
    away_ = moved(here_);
  }

  Answered ask(const stun::TransactionId& transaction, std::optional<std::uint32_t> lifetime = {}) {
    return here_.ask(away_, Method::refresh, transaction, show(ticket_, lifetime));
  }
  /// Carries out one task; what was answered where the client is.
  Answered step() {
    auto [worker, task] = std::move(other_workers_.posted.front());
    other_workers_.posted.pop_front();
    return (worker == 0 ? there_ : here_).run(*task);
  }
  Answered travel() {
    Answered last;
    while (!other_workers_.posted.empty()) last = step();
    return last;
  }

  void expect_buried() {
    EXPECT_EQ(quota_.booked.at("alice"), 0u);
    EXPECT_TRUE(quota_.sources.empty());
    EXPECT_TRUE(here_.ports.sockets.empty());
    EXPECT_TRUE(there_.ports.sockets.empty());
    EXPECT_TRUE(here_.flows.flows.empty());
    ASSERT_EQ(here_.observer.closed.size(), 1u);
    EXPECT_EQ(here_.observer.closed[0].reason, CloseReason::move_failed);
  }

  static Settings settings() {
    static const Settings kShared = mobile();
    return kShared;
  }

  FakeNeighbours other_workers_;
  FakeLedger quota_;
  World there_{settings(), WorkerIndex{0}, &other_workers_, &quota_};
  World here_{settings(), WorkerIndex{1}, &other_workers_, &quota_};
  Client home_ = there_.login();
  Client away_;
  std::vector<std::byte> ticket_;
  Endpoint relayed_;
};

TEST_F(TwoWorkers, TheAllocationComesAndThenTheAnswer) {
  EXPECT_TRUE(ask(stun::TransactionId::random(), 1200).silent());
  const auto answer = travel();
  ASSERT_EQ(answer.code(), 200);
  EXPECT_EQ(answer.lifetime(), 1200u);
  EXPECT_EQ(answer.to, away_.endpoint);
  EXPECT_EQ(Ticket::read(ticket_of(answer))->worker(), WorkerIndex{1}) << "it leads here";

  EXPECT_TRUE(there_.flows.flows.empty());
  EXPECT_TRUE(there_.ports.sockets.empty());
  EXPECT_EQ(there_.server.next_deadline(), kNever);
  EXPECT_EQ(there_.refresh(home_).code(), 437);
  ASSERT_EQ(here_.ports.sockets.size(), 1u);
  EXPECT_EQ(here_.ports.sockets.begin()->second.port, relayed_.port);
  EXPECT_EQ(here_.flow(here_.relay(), "8.8.8.8:1")->destination, away_.endpoint);
  EXPECT_TRUE(here_.flow(World::kListener, "192.0.2.99:50000", 0x4000));
  EXPECT_EQ(here_.refresh(away_).code(), 200);
  EXPECT_EQ(quota_.booked.at("alice"), 1u);
  EXPECT_EQ(quota_.sources.size(), 1u);
}

TEST_F(TwoWorkers, TrafficFromBeforeIsCountedInTheEnd) {
  there_.flows.used[{World::kListener, home_.endpoint, 0x4000}] = {3, 300, {}};
  ask(stun::TransactionId::random());
  ASSERT_EQ(travel().code(), 200);
  ASSERT_EQ(here_.refresh(away_, 0).code(), 200);
  ASSERT_EQ(here_.observer.closed.size(), 1u);
  EXPECT_EQ(here_.observer.closed[0].traffic.up.bytes, 300u);
  EXPECT_TRUE(there_.observer.closed.empty());
}

TEST_F(TwoWorkers, RetransmissionsDoNoHarm) {
  const auto transaction = stun::TransactionId::random();
  EXPECT_TRUE(ask(transaction).silent());
  EXPECT_TRUE(ask(transaction).silent());
  EXPECT_EQ(other_workers_.posted.size(), 1u);
  const auto answer = travel();
  ASSERT_EQ(answer.code(), 200);
  EXPECT_EQ(ask(transaction).bytes, answer.bytes);
  EXPECT_TRUE(other_workers_.posted.empty());
}

TEST_F(TwoWorkers, ItsSocketsAreTakenOutOnlyAfterItsFlowsAreGone) {
  ask(stun::TransactionId::random());
  step();
  EXPECT_TRUE(there_.flows.flows.empty());
  EXPECT_EQ(there_.ports.sockets.size(), 1u);
  step();
  EXPECT_TRUE(there_.ports.sockets.empty());
}

TEST_F(TwoWorkers, AnotherUsersOrAnUnknownTicketIsRefused) {
  Client bob = away_;
  bob.user = "bob";
  bob.password = "builder";
  EXPECT_TRUE(here_.ask(bob, Method::refresh, show(ticket_)).silent());
  EXPECT_EQ(travel().code(), 441);
  ticket_[5] ^= std::byte{1};
  EXPECT_TRUE(ask(stun::TransactionId::random()).silent());
  EXPECT_EQ(travel().code(), 400);
  EXPECT_EQ(there_.refresh(home_).code(), 200);
}

TEST_F(TwoWorkers, TwoWhoShowTheSameTicketDoNotBothGetIt) {
  const Client rival = moved(here_, "192.0.2.77:7");
  ask(stun::TransactionId::random());
  here_.ask(rival, Method::refresh, show(ticket_));
  std::vector<int> codes;
  while (!other_workers_.posted.empty()) {
    const auto answer = step();
    if (!answer.silent()) codes.push_back(answer.code());
  }
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(codes, (std::vector<int>{200, 400}));
  EXPECT_EQ(here_.ports.sockets.size(), 1u);
}

TEST_F(TwoWorkers, ATicketIsUsedUpBeforeTheAllocationLeaves) {
  const Client rival = moved(there_, "192.0.2.77:7");
  ask(stun::TransactionId::random());
  step();  // it is promised to the other worker, and still here
  EXPECT_EQ(there_.ask(rival, Method::refresh, show(ticket_)).code(), 400);
  EXPECT_EQ(travel().code(), 200);
  EXPECT_EQ(here_.ports.sockets.size(), 1u);
}

TEST_F(TwoWorkers, ATicketIsUsedUpOnBothWorkersAfterwards) {
  ask(stun::TransactionId::random());
  ASSERT_EQ(travel().code(), 200);
  // Takes the place in the table that the first allocation had.
  ASSERT_EQ(there_.allocate(home_, want_ticket).code(), 200);
  EXPECT_EQ(there_.ask(moved(there_, "192.0.2.77:7"), Method::refresh, show(ticket_)).code(), 400);
  EXPECT_TRUE(here_.ask(moved(here_, "192.0.2.77:8"), Method::refresh, show(ticket_)).silent());
  EXPECT_EQ(travel().code(), 400);
  EXPECT_EQ(there_.refresh(home_).code(), 200);
  EXPECT_EQ(here_.refresh(away_).code(), 200);
}

TEST_F(TwoWorkers, AnAllocationThatRunsOutOnTheWayIsRefused) {
  ask(stun::TransactionId::random());
  step();
  there_.advance(10min);
  EXPECT_EQ(travel().code(), 400);
  EXPECT_EQ(quota_.booked.at("alice"), 0u);
}

TEST_F(TwoWorkers, WithoutAPortItEndsAndNothingLeaks) {
  ask(stun::TransactionId::random());
  here_.ports.refuse = DropReason::ports_exhausted;
  EXPECT_EQ(travel().code(), 508);
  expect_buried();
}

TEST_F(TwoWorkers, WithoutQuotaOfItsNewSourceItEndsAndNothingLeaks) {
  ask(stun::TransactionId::random());
  quota_.refuse_moves = true;
  EXPECT_EQ(travel().code(), 486);
  expect_buried();
}

TEST_F(TwoWorkers, ADualOneThatFindsHalfOfItsPortsEndsToo) {
  Client dual = home_;
  dual.endpoint.port = Port{40'100};
  dual = there_.login(dual);
  ticket_ = ticket_of(there_.allocate(dual, [](StunBuilder& b) {
    want_ticket(b);
    b.u8_of_four(AttributeType::additional_address_family, stun::kWireIpv6);
  }));
  ASSERT_EQ(there_.refresh(home_, 0).code(), 200);
  ask(stun::TransactionId::random());
  here_.ports.refuse_family = {AddressFamily::ipv6, DropReason::ports_exhausted};
  EXPECT_EQ(travel().code(), 508);
  expect_buried();
}

TEST_F(TwoWorkers, AClientThatHangsUpMeanwhileLosesIt) {
  away_ = here_.login(away_.over(Transport::tcp, 30));
  ask(stun::TransactionId::random());
  here_.hang_up(away_);
  EXPECT_TRUE(travel().silent());
  EXPECT_EQ(quota_.booked.at("alice"), 0u);
  EXPECT_EQ(here_.observer.closed[0].reason, CloseReason::connection_closed);
}

TEST_F(TwoWorkers, NobodyWaitsLongerThanFiveSeconds) {
  ask(stun::TransactionId::random());
  EXPECT_EQ(here_.server.next_deadline(), here_.now + 5s);
  here_.advance(5s);
  EXPECT_EQ(here_.server.next_deadline(), kNever);
  other_workers_.posted.clear();  // the other worker has stopped
  EXPECT_TRUE(ask(stun::TransactionId::random()).silent()) << "and it may be tried again";
  EXPECT_EQ(other_workers_.posted.size(), 1u);
}

TEST_F(TwoWorkers, DualAllocationsComeWithBothAddresses) {
  Client dual = home_;
  dual.endpoint.port = Port{40'100};
  dual = there_.login(dual);
  ticket_ = ticket_of(there_.allocate(dual, [](StunBuilder& b) {
    want_ticket(b);
    b.u8_of_four(AttributeType::additional_address_family, stun::kWireIpv6);
  }));
  ask(stun::TransactionId::random());
  ASSERT_EQ(travel().code(), 200);
  EXPECT_EQ(here_.ports.sockets.size(), 2u);
  EXPECT_EQ(here_.permit(away_, {"8.8.8.8:1", "[2a00:1450::1]:1"}).code(), 200);
}

}  // namespace
}  // namespace avedge::turn
