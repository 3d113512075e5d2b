// Which descriptors are kept for other purposes.
#include "relay/core/descriptor_reserve.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <vector>

namespace avedge {
namespace {

class DescriptorReserve : public testing::Test {
 protected:
  ~DescriptorReserve() override {
    reserve_descriptors_from(std::numeric_limits<int>::max());
    for (const int fd : open_) close(fd);
  }
  int open() {
    open_.push_back(eventfd(0, EFD_CLOEXEC));
    return open_.back();
  }
  std::vector<int> open_;
};

TEST_F(DescriptorReserve, ThereIsNoneUntilItIsSet) {
  EXPECT_FALSE(is_from_reserve(open()));
  EXPECT_FALSE(are_descriptors_exhausted());
}

TEST_F(DescriptorReserve, BeginsWhenAllLowerNumbersAreInUse) {
  const int first = open();
  reserve_descriptors_from(first + 2);
  EXPECT_FALSE(are_descriptors_exhausted());
  const int second = open();
  EXPECT_FALSE(is_from_reserve(second));
  EXPECT_TRUE(are_descriptors_exhausted());
  EXPECT_TRUE(is_from_reserve(open()));
  close(first);  // what is free again has the lowest number
  open_.erase(open_.begin());
  EXPECT_FALSE(are_descriptors_exhausted());
}

TEST_F(DescriptorReserve, WhatMayNotBeUsedIsClosed) {
  const int free = open();
  EXPECT_EQ(unless_from_reserve(free), free);
  EXPECT_EQ(unless_from_reserve(-1), -1);

  reserve_descriptors_from(free + 1);
  const int reserved = eventfd(0, EFD_CLOEXEC);
  EXPECT_EQ(unless_from_reserve(reserved), -1);
  EXPECT_EQ(errno, EMFILE);
  EXPECT_EQ(eventfd(0, EFD_CLOEXEC), reserved) << "its number is free again";
  close(reserved);
}

}  // namespace
}  // namespace avedge
