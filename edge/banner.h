// What a person at the terminal sees once the daemon is up.
#pragma once

#include <optional>
#include <string>

#include "edge/config.h"

namespace avedge::edge {

struct BannerFacts {
  /// The configuration is the embedded default: its password may be shown, because it was just
  /// generated and is not known elsewhere.
  bool embedded = false;
  std::string admin_socket;
  /// From reserving_command().
  std::optional<std::string> reserving_command;
};

std::string banner(const Config& config, const BannerFacts& facts);

}  // namespace avedge::edge
