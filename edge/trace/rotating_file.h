// A file that only grows at its end and never beyond a size: then it becomes FILE.1, what was
// FILE.1 becomes FILE.2, and the last of them goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "relay/core/result.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::edge {

/// Not thread-safe.
class RotatingFile {
 public:
  struct Limits {
    std::uint64_t size = 64 * 1024 * 1024;  // bytes of one file
    unsigned count = 8;                     // files, the one being written among them; at least 1
  };

  /// Goes on at the end of a file that is there; a new one has mode 0640, whatever the umask. Only
  /// a regular file will do, and no symbolic link: the name may lie where others can write.
  [[nodiscard]] static Result<RotatingFile> open(std::string path, const Limits& limits);

  /// All of `text`, or nothing: what a full disk took of it is taken back. A text larger than a
  /// file may be gets one of its own.
  [[nodiscard]] Result<void> append(std::string_view text);

 private:
  RotatingFile(std::string path, const Limits& limits) : path_{std::move(path)}, limits_{limits} {}
  [[nodiscard]] Result<void> reopen();
  [[nodiscard]] Result<void> rotate();
  [[nodiscard]] Error error(const char* what) const;

  std::string path_;
  Limits limits_;
  relay::FileDescriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace avedge::edge
