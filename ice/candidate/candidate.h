// One ICE candidate as SDP writes it, in each of the grammars found in the field:
//
//   ICE-19, RFC 8839 §5.1: 1 1 UDP 2130706431 192.0.2.1 5000 typ host [raddr … rport …] […]
//   over TCP with "tcptype passive" at its end (RFC 6544 §4.5), or with TCP-PASS and TCP-ACT among
//   the transports ([MS-ICE2])
//
//   ICE-06, [MS-ICE]: <candidate-id> 1 <password> UDP 0.830 192.0.2.1 5000
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "relay/core/drop_reason.h"
#include "relay/core/endpoint.h"

namespace avedge::candidate {

enum class Flavour : std::uint8_t { ice19, ice06 };
enum class Carrier : std::uint8_t { udp, tcp, other };

/// The party's role in a TCP connection. `either` is the only one in ICE-06, and RFC 6544's
/// simultaneous-open.
enum class StreamRole : std::uint8_t { active, passive, either };

/// RFC 8839 §5.1: 1 is RTP, 2 is RTCP.
inline constexpr std::uint16_t kRtpComponent = 1;
inline constexpr std::uint16_t kRtcpComponent = 2;

/// Views live as long as the line they were parsed from.
struct Candidate {
  Flavour flavour = Flavour::ice19;
  Carrier carrier = Carrier::other;
  StreamRole stream_role = StreamRole::either;  // over TCP
  std::uint16_t component = 0;                  // 1–256
  std::string_view foundation;                  // ICE-06: the candidate-id, 43 characters of base64
  std::string_view password;                    // ICE-06 only
  std::string_view transport;                   // as written
  std::string_view priority;                    // ICE-06: a q-value, 0.000–1.000
  std::string_view address;
  std::string_view port;
  std::string_view type;             // "host", "srflx", …; empty in ICE-06
  std::string_view related_address;  // raddr, rport: empty if absent
  std::string_view related_port;
  /// Nothing for host names (mDNS candidates of browsers) and scoped addresses.
  std::optional<IpAddress> ip;
  /// Means nothing where the party only connects: RFC 6544 §4.5 writes 9 there.
  Port port_number;
};

/// `value` is what follows "a=candidate:" or "a=x-candidate-ipv6:"; blanks at either end are
/// tolerated. Fails with sdp_malformed.
[[nodiscard]] Verdict<Candidate> parse(std::string_view value);

}  // namespace avedge::candidate
