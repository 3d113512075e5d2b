#include "edge/config/text_file.h"

#include <cstdio>
#include <memory>

namespace avedge::edge {
namespace {

constexpr std::size_t kLongestFile = 1024 * 1024;

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"),
                                                             &std::fclose};
  if (file == nullptr) return Error::from_errno("'" + path + "' cannot be read");

  std::string content(kLongestFile + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) return Error::from_errno("'" + path + "' cannot be read");
  if (content.size() > kLongestFile) return Error{"'" + path + "' is longer than 1 MiB"};
  return content;
}

}  // namespace avedge::edge
