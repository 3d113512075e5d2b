#include <cstdio>
#include <exception>

#include "edge/command_line.h"
#include "edge/exit_code.h"

int main(int argument_count, char** arguments) {
  try {
    return avedge::edge::run_command_line(argument_count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "avedge: %s\n", error.what());
    return avedge::edge::kExitFailure;
  }
}
