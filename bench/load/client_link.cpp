#include "bench/load/client_link.h"

#include "bench/load/datagram_link.h"
#include "bench/load/stream_link.h"

namespace avedge::bench {

std::optional<LinkKind> parse_link_kind(std::string_view text) {
  if (text == "udp") return LinkKind::udp;
  if (text == "tcp") return LinkKind::tcp;
  if (text == "tls") return LinkKind::tls;
  return std::nullopt;
}

Result<std::unique_ptr<ClientConnection>> open_link(LinkKind kind, const Endpoint& local,
                                                    const Endpoint& server) {
  if (kind != LinkKind::udp) return open_stream(kind, local, server);
  auto socket = LoadSocket::open(local);
  if (!socket) return socket.reason();
  return std::unique_ptr<ClientConnection>{
      std::make_unique<DatagramLink>(std::move(socket).value(), server)};
}

}  // namespace avedge::bench
