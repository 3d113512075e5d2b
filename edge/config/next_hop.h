// Where a SIP route sends a request, as a URI of the configuration.
#pragma once

#include <string_view>

#include "edge/config.h"

namespace avedge::edge {

/// "sip:HOST[:PORT][;transport=udp|tcp|tls][;lr]", HOST a name, an IPv4 address or an IPv6 address
/// in brackets; sips: means tls. The error says what is wrong, then "; ", then what would be right.
[[nodiscard]] Result<NextHop> parse_next_hop(std::string_view uri);

/// Letters, digits, '-' and '.', no empty label, at most 253 characters; or an address.
bool is_host(std::string_view text);

std::string lower_case(std::string_view text);

}  // namespace avedge::edge
