#include "edge/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "edge/build_info.h"
#include "edge/cli_commands.h"
#include "edge/daemon.h"
#include "edge/exit_code.h"
#include "edge/trace_command.h"

namespace avedge::edge {
namespace {

constexpr const char* kFooter =
    "Exit codes:\n"
    "  0  done\n"
    "  1  failed at run time: a port is taken, a file cannot be written\n"
    "  2  the command line or the configuration is wrong\n"
    "  3  no running avedge answers at the admin socket\n"
    "  4  the running avedge answered that it could not do it\n";

/// Each add_… registers one subcommand whose callback leaves its exit code in `code`.
void add_serve(CLI::App& app, int& code) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand(
      "serve", "Run the daemon; without a file on a default that works on one machine");
  command->add_option("--config", options->config_file, "Configuration file")->type_name("FILE");
  command->callback([&code, options] { code = serve(*options); });
}

void add_check_config(CLI::App& app, int& code) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("check-config", "Check a configuration file");
  command->add_option("FILE", *file, "Configuration file")->required()->type_name("");
  command->callback([&code, file] { code = check_config(*file); });
}

void add_credentials(CLI::App& app, int& code) {
  auto options = std::make_shared<CredentialsOptions>();
  CLI::App* command = app.add_subcommand(
      "credentials", "Print time-limited TURN credentials, made with the first shared secret");
  command->add_option("NAME", options->name, "Whom they are for")->required()->type_name("");
  command->add_option("--ttl", options->ttl, "How long they last: 90s, 30m, 8h, 7d")
      ->capture_default_str()
      ->type_name("DURATION");
  command->add_option("--config", options->config_file, "Configuration file")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print an ICE server as JSON only");
  command->callback([&code, options] { code = credentials(*options); });
}

void add_admin(CLI::App& app, const std::string& name, const std::string& what, int& code) {
  auto options = std::make_shared<AdminOptions>();
  options->command = name;
  CLI::App* command = app.add_subcommand(name, what);
  command->add_flag("--json", options->json, "Print the answer as JSON");
  command->add_option("--socket", options->socket, "Admin socket of the running avedge")
      ->type_name("PATH");
  command->callback([&code, options] { code = ask(*options); });
}

void add_trace(CLI::App& app, int& code) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App* command = app.add_subcommand(
      "trace", "Find calls in trace files, and draw the one that is found as a ladder");
  command->add_option("FILE", options->files, "Trace files")->required()->type_name("");
  const auto add_key = [&](const char* name, std::vector<std::string>& values, const char* what,
                           const char* type) {
    // One value each time, or a file behind it would be taken for another.
    command->add_option(name, values, what)->allow_extra_args(false)->type_name(type);
  };
  add_key("--call-id", options->query.call_ids, "The Call-ID", "ID");
  add_key("--uri", options->query.uris, "Part of a party's URI", "URI");
  add_key("--ip", options->query.ips, "An address, of a peer or in a message", "ADDRESS");
  add_key("--phone", options->query.phones, "A party's number", "NUMBER");
  add_key("--contains", options->query.contents, "Any text of a message", "TEXT");
  command->add_option("--from", options->from, "Not before: 2026-11-21T06:30, UTC")
      ->type_name("TIME");
  command->add_option("--to", options->to, "Not after")->type_name("TIME");
  command->add_flag("--match-all", options->match_all,
                    "A message must match every key; without it one is enough");
  command->add_flag("--messages", options->messages, "Print the call's messages as well");
  command->add_option("--svg", options->svg, "Draw the ladder into this file, too")
      ->type_name("OUT");
  command->callback([&code, options] { code = trace_calls(*options); });
}

}  // namespace

int run_command_line(int argument_count, const char* const* arguments) {
  CLI::App app{"A/V edge for a company's DMZ: STUN and TURN relay, SIP media anchor", "avedge"};
  int code = kExitSuccess;
  app.set_version_flag("--version", std::string{"avedge "} + kVersion + " (" + kCommit + ")");
  app.require_subcommand(1);
  app.fallthrough(false);
  app.footer(kFooter);
  add_serve(app, code);
  add_check_config(app, code);
  add_credentials(app, code);
  add_trace(app, code);
  add_admin(app, "status", "Show how the running avedge is doing", code);
  add_admin(app, "sessions", "List its allocations and calls", code);
  add_admin(app, "drain", "Take no new work, let running sessions end", code);
  add_admin(app, "reload", "Read the configuration again", code);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitSuccess : kExitUsage;
  }
  return code;
}

}  // namespace avedge::edge
