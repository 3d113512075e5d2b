#include "relay/core/descriptor_reserve.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <limits>

namespace avedge {
namespace {

/// The limit is the process's, and so is this.
std::atomic<int> first_reserved{std::numeric_limits<int>::max()};

}  // namespace

void reserve_descriptors_from(int first) {
  first_reserved.store(first, std::memory_order_relaxed);
}

bool is_from_reserve(int fd) {
  return fd >= first_reserved.load(std::memory_order_relaxed);
}

int unless_from_reserve(int fd) {
  if (fd < 0 || !is_from_reserve(fd)) return fd;
  close(fd);
  errno = EMFILE;
  return -1;
}

bool are_descriptors_exhausted() {
  const int probe = unless_from_reserve(eventfd(0, EFD_CLOEXEC));
  if (probe < 0) return errno == EMFILE || errno == ENFILE;
  close(probe);
  return false;
}

}  // namespace avedge
