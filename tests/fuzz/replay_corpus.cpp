// Runs a fuzz target over its corpus without a fuzzing engine: main() for builds by any compiler.
// Fails if the corpus is empty, or leaves out a state that the target is meant to reach.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "milestone.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool reaches_every_milestone() {
  bool reaches_all = true;
  for (const auto* milestone : avedge::fuzz::Milestone::all()) {
    std::printf("%6zu  %s\n", milestone->count(), milestone->name());
    reaches_all = reaches_all && milestone->count() > 0;
  }
  if (!reaches_all) std::printf("the corpus does not reach every state\n");
  return reaches_all;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{argv[i]}) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file{entry.path(), std::ios::binary};
      const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++inputs;
    }
  }
  std::printf("%zu inputs replayed\n", inputs);
  return inputs > 0 && reaches_every_milestone() ? 0 : 1;  // an empty corpus proves nothing
}
