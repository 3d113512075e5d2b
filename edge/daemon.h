// The daemon: everything wired together, from start to clean stop.
#pragma once

#include <optional>
#include <string>

namespace avedge::edge {

struct ServeOptions {
  /// Nothing: start on the embedded default.
  std::optional<std::string> config_file;
};

/// Runs until a signal ends it. Returns the exit code of the process (exit_code.h); what went
/// wrong has been said on stderr by then.
int serve(const ServeOptions& options);

}  // namespace avedge::edge
