#include "edge/cli_commands.h"

#include <chrono>
#include <cstdio>
#include <iostream>

#include "edge/admin_client.h"
#include "edge/admin_socket_path.h"
#include "edge/admin_text.h"
#include "edge/config.h"
#include "edge/credentials.h"
#include "edge/exit_code.h"

namespace avedge::edge {
namespace {

/// A reload may read certificates and resolve names.
constexpr std::chrono::seconds kAdminPatience{30};

int complain(int code, const std::string& message) {
  std::cerr << message << "\n";
  return code;
}

UnixSeconds now() {
  return std::chrono::duration_cast<UnixSeconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

void print_warnings(const Config& config) {
  for (const std::string& warning : config.warnings) std::cerr << "warning: " << warning << "\n";
}

int print_answer(const nlohmann::json& answer, const AdminOptions& options) {
  if (!answer.value("ok", false)) {
    return complain(kExitRefused, answer.value("error", "the daemon refused without a reason"));
  }
  const nlohmann::json result = answer.value("result", nlohmann::json{});
  std::cout << (options.json ? result.dump(2, ' ', true) + "\n" : readable(result));
  return kExitSuccess;
}

}  // namespace

int check_config(const std::string& file) {
  const auto config = load_config(file);
  if (!config) return complain(kExitUsage, config.reason().message());
  print_warnings(*config);
  std::cout << file << ": ok\n";
  return kExitSuccess;
}

int credentials(const CredentialsOptions& options) {
  const auto ttl = parse_duration(options.ttl);
  if (!ttl) return complain(kExitUsage, "--ttl: " + ttl.reason().message());
  const auto config = load_config(options.config_file);
  if (!config) return complain(kExitUsage, config.reason().message());
  print_warnings(*config);
  if (config->turn.shared_secrets.empty()) {
    return complain(kExitUsage, options.config_file +
                                    ": turn.shared_secret_file: missing; add it, "
                                    "credentials are made from its first secret");
  }
  const auto made =
      make_credentials(options.name, now() + *ttl, config->turn.shared_secrets.front());
  const std::string server = ice_server(turn_uris(*config), made).dump();
  if (options.json) {
    std::cout << server << "\n";
  } else {
    std::cout << "username    " << made.username << "\npassword    " << made.password
              << "\nICE server  " << server << "\n";
  }
  return kExitSuccess;
}

int ask(const AdminOptions& options) {
  std::string path;
  if (options.socket) {
    path = *options.socket;
  } else {
    const auto found = existing_admin_socket();
    if (!found) return complain(kExitUnreachable, found.reason().message());
    path = *found;
  }
  const auto answer = ask_daemon(path, {{"command", options.command}}, kAdminPatience);
  if (!answer) return complain(kExitUnreachable, answer.reason().message());
  return print_answer(*answer, options);
}

}  // namespace avedge::edge
