// Who may still open a connection, and who makes room for it.
#include "relay/admission/connection_limits.h"

#include <gtest/gtest.h>

#include <vector>

namespace avedge::relay {
namespace {

const IpAddress kOne = IpAddress::v4(192, 0, 2, 1);
const IpAddress kOther = IpAddress::v4(198, 51, 100, 2);
constexpr Time kNow{std::chrono::seconds{1000}};

/// Remembers what it was told to close.
struct Holder final : ConnectionHolder {
  void evict(std::uint64_t place, const AdmissionId& id) override {
    places.push_back(place);
    ids.push_back(id);
  }
  std::vector<std::uint64_t> places;
  std::vector<AdmissionId> ids;
};

class Limits : public testing::Test {
 protected:
  std::optional<Admission> admit(ConnectionLimits& limits, const IpAddress& source,
                                 std::size_t listener = 0) {
    auto admission = limits.admit(listener, source, kNow + std::chrono::seconds{place_});
    if (admission) {
      EXPECT_TRUE(admission->hold(holder_, place_));
    }
    ++place_;
    return admission;
  }

  Holder holder_;
  std::uint64_t place_ = 0;
};

TEST_F(Limits, OneTooManyOfASourceTakesThePlaceOfItsOldest) {
  ConnectionLimits limits{{.total = 10, .half_open = {.total = 10, .per_source = 2}}};
  auto first = admit(limits, kOne);
  auto second = admit(limits, kOne);
  auto of_other = admit(limits, kOther);
  auto third = admit(limits, kOne);
  ASSERT_TRUE(third);
  EXPECT_EQ(holder_.places, std::vector<std::uint64_t>{0});
  EXPECT_EQ(holder_.ids, std::vector{first->id()});
  EXPECT_EQ(limits.open(), 3u);
}

TEST_F(Limits, ClientWithAnAllocationNeverMakesRoom) {
  ConnectionLimits limits{{.total = 3, .half_open = {.total = 3, .per_source = 2}}};
  auto client = admit(limits, kOne);
  client->settle();
  auto first = admit(limits, kOne);
  auto second = admit(limits, kOne);
  EXPECT_EQ(limits.half_open(), 2u);
  auto third = admit(limits, kOne);
  EXPECT_EQ(holder_.ids, (std::vector{first->id()}));
  second->settle();
  third->settle();
  EXPECT_FALSE(admit(limits, kOther)) << "three clients are all there may be";
  EXPECT_EQ(holder_.ids.size(), 1u);
}

TEST_F(Limits, StrangerMakesRoomWhenClientsTakeTheRest) {
  ConnectionLimits limits{{.total = 2, .half_open = {.total = 2, .per_source = 2}}};
  auto client = admit(limits, kOne);
  client->settle();
  auto stranger = admit(limits, kOne);
  auto newcomer = admit(limits, kOther);
  EXPECT_TRUE(newcomer);
  EXPECT_EQ(holder_.ids, std::vector{stranger->id()});
  EXPECT_EQ(limits.open(), 2u);
}

TEST_F(Limits, StrangersOfOneInterfaceTakeNothingFromAnothers) {
  ConnectionLimits limits{{.total = 100, .half_open = {.total = 2, .per_source = 2}}, {0, 1, 0}};
  auto inside = admit(limits, kOne, 1);
  std::vector<std::optional<Admission>> outside;
  for (const std::size_t listener : {0, 2, 0, 2, 0}) {
    outside.push_back(
        admit(limits, IpAddress::v4(10, 0, static_cast<std::uint8_t>(listener), 1), listener));
  }
  EXPECT_EQ(holder_.places.size(), 3u) << "listeners of one interface share";
  for (const AdmissionId& id : holder_.ids) EXPECT_NE(id, inside->id());
  EXPECT_EQ(limits.half_open(), 3u);
}

TEST_F(Limits, WhatWasEvictedOnItsWayIsNotHeldAnyMore) {
  ConnectionLimits limits{{.total = 10, .half_open = {.total = 10, .per_source = 1}}};
  auto first = limits.admit(0, kOne, kNow);
  auto second = limits.admit(0, kOne, kNow);
  EXPECT_FALSE(first->hold(holder_, 7));
  EXPECT_TRUE(second->hold(holder_, 8));
  EXPECT_TRUE(holder_.places.empty()) << "there was none to tell";
}

TEST_F(Limits, EvictedClientDoesNotSettleAnyMore) {
  ConnectionLimits limits{{.total = 10, .half_open = {.total = 10, .per_source = 1}}};
  auto first = admit(limits, kOne);
  auto second = admit(limits, kOne);
  first->settle();
  EXPECT_EQ(limits.open(), 1u) << "it is on its way out";
  first.reset();
  EXPECT_EQ(limits.open(), 1u);
  second.reset();
  EXPECT_EQ(limits.open(), 0u);
}

TEST_F(Limits, PlaceIsGivenBackOnceWhateverBecameOfIt) {
  ConnectionLimits limits{{.total = 1, .half_open = {.total = 1, .per_source = 1}}};
  {
    auto admission = admit(limits, kOne);
    admission->settle();
    admission->settle();
    Admission moved = std::move(*admission);
    EXPECT_EQ(limits.open(), 1u);
  }
  { const auto unsettled = admit(limits, kOne); }
  EXPECT_EQ(limits.open(), 0u);
  EXPECT_EQ(limits.half_open(), 0u);
  EXPECT_TRUE(admit(limits, kOne));
}

TEST_F(Limits, RoomIsMadeOnDemandAsLongAsThereAreStrangers) {
  ConnectionLimits limits{{.total = 10, .half_open = {.total = 10, .per_source = 10}}, {0, 1}};
  auto client = admit(limits, kOne);
  client->settle();
  EXPECT_FALSE(limits.make_room(0, kNow));
  auto stranger = admit(limits, kOne, 1);
  EXPECT_TRUE(limits.make_room(0, kNow)) << "of another interface, if there is no other";
  EXPECT_EQ(holder_.ids, std::vector{stranger->id()});
  EXPECT_EQ(limits.open(), 1u);
}

}  // namespace
}  // namespace avedge::relay
