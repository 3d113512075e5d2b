#include "edge/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "edge/exit_code.h"
#include "some_listener.h"
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
  const std::string good = folder.write("good.toml", with_listener("realm = \"r\"\n"));
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

/// Two calls, as a server's trace tells of them.
constexpr const char* kTrace =
    "TL_INFO(TF_PROTOCOL) [0]1::11/21/2026-06:30:00.000.1 (SIPStack,x)$$begin_record\n"
    "Direction: incoming\nPeer: 192.0.2.7:5060\nStart-Line: INVITE sip:bob@b.example SIP/2.0\n"
    "From: <sip:alice@a.example>;tag=1\nTo: <sip:bob@b.example>\nCall-ID: one\n"
    "X: \x1b[2J\nMessage-Body: \xE2\x80\x93\n$$end_record\n"
    "TL_INFO(TF_PROTOCOL) [0]1::11/21/2026-06:31:00.000.2 (SIPStack,x)$$begin_record\n"
    "Direction: outgoing\nPeer: 192.0.2.8:5060\nStart-Line: OPTIONS sip:carol@c.example SIP/2.0\n"
    "From: <sip:edge@a.example>;tag=1\nTo: <sip:carol@c.example>\nCall-ID: two\n$$end_record\n";

TEST(CommandLine, TraceListsTheCallsItFinds) {
  const TemporaryFolder folder;
  const std::string file = folder.write("sip.log", kTrace);
  const Outcome outcome = run({"trace", file});
  EXPECT_EQ(outcome.code, kExitSuccess);
  EXPECT_THAT(outcome.out, HasSubstr("2026-11-21 06:30:00.000  1 "));
  EXPECT_THAT(outcome.out, HasSubstr(" one\n"));
  EXPECT_THAT(outcome.out, HasSubstr(" two\n"));
  const Outcome undecided = run({"trace", file, "--svg", folder.file("call.svg")});
  EXPECT_EQ(undecided.code, kExitUsage);
  EXPECT_EQ(undecided.err, "these are 2 calls; choose one with --call-id\n");
}

TEST(CommandLine, TraceDrawsTheOneCallItFinds) {
  const TemporaryFolder folder;
  const std::string file = folder.write("sip.log", kTrace);
  const std::string svg = folder.file("call.svg");
  const Outcome outcome = run({"trace", "--uri", "bob@", file, "--svg", svg, "--messages"});
  EXPECT_EQ(outcome.code, kExitSuccess) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("── INVITE ──"));
  EXPECT_THAT(outcome.out, HasSubstr("--- 2026-11-21 06:30:00.000 from 192.0.2.7:5060\n"
                                     "INVITE sip:bob@b.example SIP/2.0\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nX: ?[2J\n")) << "nothing that a terminal would obey";
  EXPECT_TRUE(std::filesystem::file_size(svg) > 0);
  EXPECT_THAT(run({"trace", file, "--from", "2026-11-21T06:31"}).out, HasSubstr(" OPTIONS "));
}

TEST(CommandLine, TraceSaysWhatIsWrong) {
  const TemporaryFolder folder;
  const std::string file = folder.write("sip.log", kTrace);
  const Outcome nothing = run({"trace", file, "--call-id", "three"});
  EXPECT_EQ(nothing.code, kExitFailure);
  EXPECT_EQ(nothing.err, "no call matches\n");
  const Outcome time = run({"trace", file, "--to", "sip:bob@b.example"});
  EXPECT_EQ(time.code, kExitUsage);
  EXPECT_EQ(time.err,
            "--to: 'sip:bob@b.example' is not a valid time; use one like 2026-11-21T06:30 (UTC), "
            "and --uri "
            "for a party\n");
  EXPECT_EQ(run({"trace", folder.file("none")}).code, kExitFailure);
  EXPECT_EQ(run({"trace", file, "--call-id", "one", "--svg", folder.file("no/such")}).code,
            kExitFailure);
  EXPECT_EQ(run({"trace"}).code, kExitUsage);
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
  const Outcome outcome =
      run({"credentials", "alice", "--config", folder.write("edge.toml", with_listener(""))});
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
