// Credentials that are in use, and files that do not mention them any more.
#include "edge/reload_plan.h"

#include <gtest/gtest.h>

namespace avedge::edge {
namespace {

Config running(const std::string& credentials) {
  Config config;
  const Endpoint at{IpAddress::v4(192, 0, 2, 1), Port{3478}};
  config.turn.listeners = {{"external", {{at, at, {}}}, {Transport::udp}, {}}};
  if (credentials == "users") config.turn.users = {{"alice", "secret"}, {"bob", "secret"}};
  if (credentials == "hashed users") config.turn.hashed_users.emplace("alice", HashedUser{});
  if (credentials == "secrets") config.turn.shared_secrets = {"one"};
  if (credentials == "oauth") config.turn.oauth_keys.push_back({"kid", {}, {}});
  return config;
}

Config fresh(const StatedCredentials& stated) {
  Config config = running("");
  config.turn.stated = stated;
  return config;
}

struct Case {
  std::string in_use;
  StatedCredentials stated;
  std::string refusal;  // empty: may be taken over
};

TEST(ReloadCheck, RemovesOnlyWhatTheFileSaysIsGone) {
  const std::vector<Case> cases{
      {"users",
       {},
       "turn.users: missing, and 2 user(s) would be lost; put it back, or write an empty "
       "[turn.users] to remove them all"},
      {"users", {.users = true}, ""},
      {"users",
       {.shared_secret_file = true},
       "turn.users: missing, and 2 user(s) would be lost; put it back, or write an empty "
       "[turn.users] to remove them all"},
      {"hashed users",
       {},
       "turn.users: missing, and 1 user(s) would be lost; put it back, or write an empty "
       "[turn.users] to remove them all"},
      {"secrets",
       {.users = true},
       "turn.shared_secret_file: missing, and 1 shared secret(s) would be lost; put it back, or "
       "write shared_secret_file = \"\" to remove them all"},
      {"secrets", {.shared_secret_file = true}, ""},
      {"oauth",
       {.users = true},
       "turn.oauth: missing, and 1 key(s) would be lost; put it back, or write oauth = [] to "
       "remove them all"},
      {"oauth", {.oauth = true}, ""},
      {"", {}, ""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(removed_credentials(running(c.in_use), fresh(c.stated)).value_or(""), c.refusal)
        << c.in_use;
  }
}

TEST(ReloadCheck, CredentialsOfNoListenerMayVanish) {
  Config without = running("users");
  without.turn.listeners.clear();
  EXPECT_EQ(removed_credentials(without, fresh({})), std::nullopt);
}

TEST(ReloadPlan, TakesOverWhatNeedsNoRestart) {
  Config old = running("users");
  old.certificates = {{"edge", {"old chain", "old key"}}, {"other", {}}};
  Config fresh = old;
  fresh.workers = 7;
  fresh.turn.users = {{"carol", "secret"}};
  fresh.turn.max_lifetime = std::chrono::seconds{99};
  fresh.turn.nonce_lifetime = std::chrono::seconds{98};
  fresh.turn.limits.channels_per_allocation = 97;
  fresh.turn.limits.connections = 96;
  fresh.sip.trace = true;
  fresh.sip.options_failures = 95;
  fresh.log.level = LogLevel::debug;
  fresh.log.format = LogFormat::json;
  fresh.media.peer_rules.push_back({"", {RuleAction::deny, *Prefix::parse("10.0.0.0/8")}});
  fresh.trace.files = 94;
  fresh.certificates = {{"edge", {"new chain", "new key"}}, {"third", {}}};
  fresh.warnings = {"look"};

  Config expected = old;
  expected.turn.users = fresh.turn.users;
  expected.turn.max_lifetime = fresh.turn.max_lifetime;
  expected.turn.limits.channels_per_allocation = 97;
  expected.sip.trace = true;
  expected.log.level = LogLevel::debug;
  expected.media = fresh.media;
  expected.trace = fresh.trace;
  expected.certificates[0] = fresh.certificates[0];
  expected.warnings = fresh.warnings;
  EXPECT_EQ(with_reloadable_parts(old, fresh), expected);
}

}  // namespace
}  // namespace avedge::edge
