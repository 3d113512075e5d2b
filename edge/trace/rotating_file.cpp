#include "edge/trace/rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>

namespace avedge::edge {
namespace {

/// The owner writes, its group may read: messages tell who calls whom.
constexpr mode_t kMode = 0640;
/// Not blocking, because opening a FIFO would wait for its reader.
constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

/// An existing file keeps the mode its owner gave it.
relay::FileDescriptor open_or_create(const std::string& path) {
  relay::FileDescriptor file{::open(path.c_str(), kFlags)};
  if (file.is_open() || errno != ENOENT) return file;
  file = relay::FileDescriptor{::open(path.c_str(), kFlags | O_CREAT | O_EXCL, kMode)};
  if (file.is_open()) ::fchmod(file.get(), kMode);
  return file;
}

std::string older(const std::string& path, unsigned age) {
  return age == 0 ? path : path + "." + std::to_string(age);
}

}  // namespace

Result<RotatingFile> RotatingFile::open(std::string path, const Limits& limits) {
  RotatingFile file{std::move(path), limits};
  if (auto opened = file.reopen(); !opened) return opened.reason();
  return file;
}

Result<void> RotatingFile::reopen() {
  file_ = open_or_create(path_);
  if (!file_.is_open()) return error("cannot open");
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return error("cannot open");
  if (!S_ISREG(status.st_mode)) {
    file_.reset();
    return Error{"cannot open '" + path_ + "': it is not a regular file"};
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

Result<void> RotatingFile::append(std::string_view text) {
  if (file_.is_open() && size_ > 0 && size_ + text.size() > limits_.size) {
    if (auto rotated = rotate(); !rotated) return rotated;
  }
  if (!file_.is_open()) {
    if (auto opened = reopen(); !opened) return opened;
  }
  const ssize_t written = ::write(file_.get(), text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) {
    size_ += text.size();
    return {};
  }
  const Error failed =
      written < 0 ? error("cannot write") : Error{"'" + path_ + "': no space left"};
  // Half a record would swallow the next one.
  if (written > 0 && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) file_.reset();
  return failed;
}

/// If a file cannot be moved out of the way nothing is written: the size is a promise.
Result<void> RotatingFile::rotate() {
  for (unsigned age = limits_.count - 1; age > 0; --age) {
    const std::string from = older(path_, age - 1);
    if (::rename(from.c_str(), older(path_, age).c_str()) != 0 && errno != ENOENT) {
      return error("cannot rename");
    }
  }
  if (limits_.count == 1 && ::unlink(path_.c_str()) != 0) return error("cannot remove");
  return reopen();
}

Error RotatingFile::error(const char* what) const {
  return Error::from_errno(std::string{what} + " '" + path_ + "'");
}

}  // namespace avedge::edge
