#include "bench/load/datagram_link.h"

#include <sys/socket.h>

namespace avedge::bench {

bool DatagramLink::send(ConstBytes message) {
  const relay::SocketAddress to{server_};
  return sendto(descriptor(), message.data(), message.size(), 0, &to.any, to.size()) >= 0;
}

std::optional<ConstBytes> DatagramLink::receive() {
  const ssize_t size = recv(descriptor(), inbox_.data(), inbox_.size(), 0);
  if (size <= 0) return std::nullopt;
  return ConstBytes{inbox_}.first(static_cast<std::size_t>(size));
}

}  // namespace avedge::bench
