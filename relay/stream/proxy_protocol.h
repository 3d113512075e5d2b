// What a load balancer says about the connection it passes on: the PROXY protocol of HAProxy,
// version 1 (a line of text) and version 2 (binary). It stands before the first byte of the client,
// even before TLS.
#pragma once

#include <cstddef>
#include <optional>

#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"
#include "relay/core/endpoint.h"

namespace avedge::relay {

/// No header is longer. Version 2 could be: senders keep below the smallest segment of TCP, 536
/// bytes, so that the header arrives in one piece.
inline constexpr std::size_t kLongestProxyHeader = 536;

struct ProxyHeader {
  std::size_t size = 0;  // of the received bytes; what follows is the client's
  /// Both or neither. Neither: the proxy speaks for itself (a health check) or does not know, and
  /// the addresses of the connection itself hold.
  std::optional<Endpoint> source;
  std::optional<Endpoint> destination;
};

/// Reads the header at the start of a connection; nothing while more bytes are needed, of which
/// there are never more than kLongestProxyHeader. Fails with DropReason::proxy_header_invalid for
/// everything else, as soon as it can be told: a client that comes without its proxy must not wait.
[[nodiscard]] Verdict<std::optional<ProxyHeader>> parse_proxy_header(ConstBytes received);

}  // namespace avedge::relay
