// A folder that is there for one test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace avedge::edge {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "avedge-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  /// Readable for its owner only; returns the path.
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream{file(name)} << content;
    std::filesystem::permissions(file(name), std::filesystem::perms{0600});
    return file(name);
  }

 private:
  std::string path_;
};

}  // namespace avedge::edge
