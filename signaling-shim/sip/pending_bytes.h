// Bytes of pending TCP and TLS messages per unproven source: of INVITEs that wait for an answer, or
// of incomplete messages.
#pragma once

#include <map>
#include <optional>
#include <unordered_set>

#include "relay/core/endpoint.h"
#include "signaling-shim/sip/settings.h"
#include "signaling-shim/sip/sip_flow.h"

namespace avedge::sip {

/// Exempt connections, those of next hops and known ones, are not charged. Unproven sources
/// together have half of Limits::pending_bytes: the other half stays free for next hops. Signalling
/// thread only.
class PendingBytes {
 public:
  explicit PendingBytes(const Limits& limits)
      : per_source_{limits.bytes_in_flight_per_source}, total_{limits.pending_bytes / 2} {}

  void exempt(ConnectionId connection) { exempt_.insert(connection); }
  /// The connection is closed.
  void forget(ConnectionId connection) { exempt_.erase(connection); }
  [[nodiscard]] bool is_exempt(ConnectionId connection) const {
    return exempt_.count(connection) != 0;
  }

  /// The source charged for a message from there; nothing: it is exempt, or a datagram, whose
  /// source may be forged.
  [[nodiscard]] std::optional<IpAddress> charged(const SipFlow& from) const;
  [[nodiscard]] bool has_room(const std::optional<IpAddress>& source, std::size_t bytes) const;
  /// `source` held `before` bytes for one message and holds `after` from now on.
  void change(const std::optional<IpAddress>& source, std::size_t before, std::size_t after);
  /// Of all unproven sources.
  [[nodiscard]] std::size_t total() const { return held_; }

 private:
  std::size_t per_source_;
  std::size_t total_;
  std::size_t held_ = 0;
  std::map<IpAddress, std::size_t> held_by_;
  std::unordered_set<ConnectionId> exempt_;
};

}  // namespace avedge::sip
