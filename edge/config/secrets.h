// The file of shared secrets that time-limited TURN credentials are made from.
#pragma once

#include <string>
#include <vector>

#include "relay/core/result.h"

namespace avedge::edge {

struct SecretsFile {
  std::vector<std::string> secrets;  // in the order of the file; never empty
  bool world_readable = false;
};

/// One secret a line; blank lines and lines that begin with '#' do not count.
[[nodiscard]] Result<SecretsFile> read_secrets_file(const std::string& path);

}  // namespace avedge::edge
