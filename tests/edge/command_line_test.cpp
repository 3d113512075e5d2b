#include "edge/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "edge/exit_code.h"
#include "temporary_folder.h"

namespace avedge::edge {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(std::vector<std::string> arguments) {
  std::vector<const char*> pointers{"avedge"};
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run_command_line(static_cast<int>(pointers.size()), pointers.data());
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(CommandLine, UsageErrorsExitWithTwo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"bogus"},
                                             {"serve", "--config"},
                                             {"serve", "extra"},
                                             {"check-config"},
                                             {"credentials"},
                                             {"credentials", "alice", "--ttl", "soon"},
                                             {"status", "--nonsense"}}) {
    EXPECT_EQ(run(arguments).code, kExitUsage) << testing::PrintToString(arguments);
  }
}

TEST(CommandLine, HelpDocumentsExitCodes) {
  for (const char* command : {"serve", "status", "reload", "check-config"}) {
    const Outcome outcome = run({command, "--help"});
    EXPECT_EQ(outcome.code, kExitSuccess);
    EXPECT_THAT(outcome.out, HasSubstr("Exit codes:")) << command;
  }
}

TEST(CommandLine, SaysItsVersion) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.code, kExitSuccess);
  EXPECT_THAT(outcome.out, StartsWith("avedge "));
}

TEST(CommandLine, ChecksAConfiguration) {
  const TemporaryFolder folder;
  const std::string good = folder.write("good.toml", "realm = \"r\"\n");
  EXPECT_EQ(run({"check-config", good}).out, good + ": ok\n");
  const std::string bad = folder.write("bad.toml", "\nrelm = \"r\"\n");
  const Outcome outcome = run({"check-config", bad});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            bad + ":2: relm: unknown key 'relm' in top level; did you mean 'realm'?\n");
}

TEST(CommandLine, ServeRefusesABadConfiguration) {
  const TemporaryFolder folder;
  const Outcome outcome = run({"serve", "--config", folder.write("bad.toml", "workers = true\n")});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("bad.toml:1: workers: is a boolean; use an integer"));
}

TEST(CommandLine, MakesCredentials) {
  const TemporaryFolder folder;
  folder.write("secrets", "north\nsouth\n");
  const std::string config = folder.write("edge.toml", R"(
realm = "r"
[[interface]]
name = "e"
addresses = [{ local = "192.0.2.10", advertised = "203.0.113.7" }]
[[relay]]
interface = "e"
ports = "50000-59999"
[turn]
relay_interface = "e"
shared_secret_file = "secrets"
[[turn.listener]]
bind = "e:3478"
transports = ["udp"]
)");
  const Outcome outcome =
      run({"credentials", "alice", "--ttl", "8h", "--config", config, "--json"});
  ASSERT_EQ(outcome.code, kExitSuccess) << outcome.err;
  const auto server = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(server["urls"], nlohmann::json::parse(R"(["turn:203.0.113.7:3478?transport=udp"])"));
  EXPECT_THAT(server["username"].get<std::string>(), HasSubstr(":alice"));
  EXPECT_THAT(run({"credentials", "alice", "--config", config}).out, StartsWith("username    "));
}

TEST(CommandLine, CredentialsNeedASecret) {
  const TemporaryFolder folder;
  const Outcome outcome = run({"credentials", "alice", "--config", folder.write("edge.toml", "")});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("turn.shared_secret_file: missing"));
}

TEST(CommandLine, AdminCommandsSayThatNobodyAnswers) {
  const TemporaryFolder folder;
  for (const char* command : {"status", "sessions", "drain", "reload"}) {
    const Outcome outcome = run({command, "--socket", folder.file("none.sock")});
    EXPECT_EQ(outcome.code, kExitUnreachable) << command;
    EXPECT_THAT(outcome.err, HasSubstr("no daemon answers")) << command;
  }
}

}  // namespace
}  // namespace avedge::edge
