#include "edge/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "edge/build_info.h"
#include "edge/commands.h"
#include "edge/daemon.h"
#include "edge/exit_code.h"

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
