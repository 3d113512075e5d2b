#include "ice/candidate/remote_candidates.h"

#include <gtest/gtest.h>

namespace avedge::candidate {
namespace {

TEST(RemoteCandidates, Rfc8839_5_2_OneTripleForEachComponent) {
  const auto list = parse_remote_candidates("1 192.0.2.1 5000 2 2001:db8::1 5001 ");
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].component, 1);
  EXPECT_EQ((*list)[0].address, "192.0.2.1");
  EXPECT_EQ((*list)[0].port, "5000");
  EXPECT_EQ((*list)[1].component, 2);
  EXPECT_EQ((*list)[1].address, "2001:db8::1");
  EXPECT_EQ((*list)[1].port, "5001");
}

TEST(RemoteCandidates, IncompleteOrEndlessListsAreMalformed) {
  std::string endless;
  for (std::size_t i = 0; i <= kMaxRemoteCandidates; ++i) endless += "1 192.0.2.1 5000 ";
  for (const std::string& value :
       {std::string{}, std::string{"1"}, std::string{"1 192.0.2.1"}, std::string{"0 192.0.2.1 5"},
        std::string{"1 192.0.2.1 x"}, endless}) {
    EXPECT_FALSE(parse_remote_candidates(value).ok()) << value;
  }
}

}  // namespace
}  // namespace avedge::candidate
