#include "bench/load/load_socket.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "bench/load/arrival_time.h"

namespace avedge::bench {
namespace {

/// About 20,000 small packets: a second of the usual load while the receiver is not scheduled.
constexpr int kBufferSize = 16 * 1024 * 1024;

/// The privileged option may exceed net.core.{r,w}mem_max; without the privilege take those.
void enlarge(int descriptor, int forced_option, int option) {
  if (setsockopt(descriptor, SOL_SOCKET, forced_option, &kBufferSize, sizeof kBufferSize) == 0) {
    return;
  }
  setsockopt(descriptor, SOL_SOCKET, option, &kBufferSize, sizeof kBufferSize);
}

}  // namespace

Result<LoadSocket> LoadSocket::open(const Endpoint& local) {
  const relay::SocketAddress wanted{local};
  const int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  LoadSocket result{relay::FileDescriptor{socket(wanted.any.sa_family, type, 0)}, {}};
  const int descriptor = result.descriptor.get();
  if (descriptor < 0) return Error::from_errno("cannot open a socket");
  enlarge(descriptor, SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge(descriptor, SO_SNDBUFFORCE, SO_SNDBUF);
  ask_for_arrival_times(descriptor);
  if (bind(descriptor, &wanted.any, wanted.size()) != 0) {
    return Error::from_errno("cannot bind " + local.to_string());
  }
  relay::SocketAddress bound;
  socklen_t size = sizeof bound;
  if (getsockname(descriptor, &bound.any, &size) != 0) return Error::from_errno("getsockname");
  result.local = bound.endpoint();
  return result;
}

Result<NamespaceVisit> NamespaceVisit::enter(const std::string& path) {
  NamespaceVisit visit;
  if (path.empty()) return visit;
  const std::string file = path.find('/') == std::string::npos ? "/run/netns/" + path : path;
  const relay::FileDescriptor there{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!there.is_open()) return Error::from_errno("cannot open namespace " + file);
  relay::FileDescriptor home{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
  if (!home.is_open()) return Error::from_errno("cannot open our own namespace");
  if (setns(there.get(), CLONE_NEWNET) != 0) {
    return Error::from_errno("cannot enter namespace " + file);
  }
  visit.home_ = std::move(home);
  return visit;
}

NamespaceVisit::~NamespaceVisit() {
  if (home_.is_open()) setns(home_.get(), CLONE_NEWNET);
}

void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace avedge::bench
