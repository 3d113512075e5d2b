#include "edge/config/secrets.h"

#include <sys/stat.h>

#include "edge/config/text_file.h"

namespace avedge::edge {
namespace {

std::string trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  const auto first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string{line.substr(first, line.find_last_not_of(kBlank) - first + 1)};
}

}  // namespace

Result<SecretsFile> read_secrets_file(const std::string& path) {
  const auto content = read_text_file(path);
  if (!content) return content.reason();

  SecretsFile file;
  std::string_view rest = *content;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    std::string line = trimmed(rest.substr(0, end));
    if (!line.empty() && line.front() != '#') file.secrets.push_back(std::move(line));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  if (file.secrets.empty()) return Error{"'" + path + "' holds no secret"};

  struct stat status {};
  file.world_readable = stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
  return file;
}

}  // namespace avedge::edge
