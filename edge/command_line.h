// The command line: which of avedge's faces was asked for.
#pragma once

namespace avedge::edge {

/// Runs the command that the arguments name. Returns the process' exit code (exit_code.h).
int run_command_line(int argument_count, const char* const* arguments);

}  // namespace avedge::edge
