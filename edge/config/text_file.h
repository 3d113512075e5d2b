// Reading a small file whole.
#pragma once

#include <string>

#include "relay/core/result.h"

namespace avedge::edge {

/// Fails, naming the file, if it cannot be read or is longer than any configuration is (1 MiB).
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

}  // namespace avedge::edge
