// The short-lived commands: what they print and how they end. `serve` has daemon.h to itself.
#pragma once

#include <optional>
#include <string>

namespace avedge::edge {

/// Prints "FILE: ok", or every problem to stderr.
int check_config(const std::string& file);

struct CredentialsOptions {
  std::string name;
  std::string ttl = "8h";
  std::string config_file = "/etc/avedge/avedge.toml";
  bool json = false;
};

int credentials(const CredentialsOptions& options);

struct AdminOptions {
  std::string command;
  std::optional<std::string> socket;  // nothing: the first of admin_socket_paths() that is there
  bool json = false;
};

/// Asks the running daemon.
int ask(const AdminOptions& options);

}  // namespace avedge::edge
