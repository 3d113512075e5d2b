// What an IP header says besides addresses, and what of it a relayed datagram keeps (RFC 8656 §14).
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "relay/core/endpoint.h"

namespace avedge::relay {

struct IpMarks {
  std::uint8_t traffic_class = 0;  // DSCP and ECN: TOS of IPv4, Traffic Class of IPv6
  std::uint8_t hop_limit = 0;      // TTL of IPv4; 0: unknown, or whatever the system sends
  friend bool operator==(const IpMarks&, const IpMarks&) = default;
};

/// What becomes of the marks of a datagram when it is relayed.
struct Marking {
  /// Everything relayed leaves with this DSCP, and without ECN. Nothing: with what it came with.
  std::optional<std::uint8_t> dscp;
  /// Everything relayed has one hop less to go. Otherwise it starts anew.
  bool decrements_hop_limit = false;

  /// What sockets mark by themselves.
  [[nodiscard]] IpMarks socket_default() const {
    return {static_cast<std::uint8_t>(dscp.value_or(0) << 2), 0};
  }
  /// The marks to send with; nothing if the datagram's way ends here.
  [[nodiscard]] std::optional<IpMarks> relayed(const IpMarks& received) const {
    IpMarks marks{dscp ? socket_default().traffic_class : received.traffic_class, 0};
    if (!decrements_hop_limit || received.hop_limit == 0) return marks;
    if (received.hop_limit == 1) return std::nullopt;
    marks.hop_limit = static_cast<std::uint8_t>(received.hop_limit - 1);
    return marks;
  }
  /// Whether received marks matter at all: the kernel is asked for them only then.
  [[nodiscard]] bool reads_marks() const { return !dscp || decrements_hop_limit; }
};

/// Room for the ancillary data of one datagram.
struct MarksBuffer {
  alignas(cmsghdr) std::array<std::byte, 2 * CMSG_SPACE(sizeof(int))> bytes;
};

/// Has the socket tell the marks of what it receives, as far as `marking` needs them, and send
/// Marking::socket_default().
bool apply_marking(int fd, AddressFamily family, const Marking& marking);

/// Has `message`, to an address of `family`, leave with `marks` whatever its socket's default is.
void set_marks(msghdr& message, MarksBuffer& buffer, AddressFamily family, const IpMarks& marks);

}  // namespace avedge::relay
