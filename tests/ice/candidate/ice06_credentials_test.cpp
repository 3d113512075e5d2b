#include "ice/candidate/ice06_credentials.h"

#include <gtest/gtest.h>

namespace avedge::candidate {
namespace {

Candidate with(std::string_view id, std::string_view password) {
  Candidate candidate;
  candidate.flavour = Flavour::ice06;
  candidate.foundation = id;
  candidate.password = password;
  return candidate;
}

TEST(Ice06Credentials, AreTheRawBytesOfIdAndPassword) {
  const auto read = ice06_credentials(
      with("Y+hVJGzBEjj4wtencMChvT7yEI8r6nHIPnQXB9Zchyw", "Zfwzh/lMlJ/3YmOnpiJRdQ"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id.size(), 32U);
  EXPECT_EQ(read->password.size(), 16U);
  EXPECT_EQ(ice06_credentials(with("Zm9vYg", "Zm9v"))->id, "foob");
  EXPECT_EQ(ice06_credentials(with("Zm9vYg==", "Zm9v"))->id, "foob") << "padding is tolerated";
}

TEST(Ice06Credentials, AUserIsAnIdAndAComponent) {
  EXPECT_EQ(ice06_user({"foob", "x"}, 2), "foob:2");
}

TEST(Ice06Credentials, WhatIsNoBase64HasNone) {
  for (const char* id : {"", "=", "a", "abcde", "ab c", "ab-c"}) {
    EXPECT_FALSE(ice06_credentials(with(id, "Zm9v"))) << id;
    EXPECT_FALSE(ice06_credentials(with("Zm9v", id))) << id;
  }
}

TEST(Ice06Credentials, OnlyTheOlderGrammarHasThem) {
  Candidate candidate = with("Zm9v", "Zm9v");
  candidate.flavour = Flavour::ice19;
  EXPECT_FALSE(ice06_credentials(candidate));
}

}  // namespace
}  // namespace avedge::candidate
