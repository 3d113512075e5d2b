#include "signaling-shim/sip/pending_bytes.h"

#include "signaling-shim/sip/rate_limiter.h"

namespace avedge::sip {

std::optional<IpAddress> PendingBytes::charged(const SipFlow& from) const {
  if (from.transport == Transport::udp || is_exempt(from.connection)) return std::nullopt;
  return network_of(from.remote.address);
}

bool PendingBytes::has_room(const std::optional<IpAddress>& source, std::size_t bytes) const {
  if (!source) return true;
  const auto found = held_by_.find(*source);
  const std::size_t held = found == held_by_.end() ? 0 : found->second;
  return held + bytes <= per_source_ && held_ + bytes <= total_;
}

void PendingBytes::change(const std::optional<IpAddress>& source, std::size_t before,
                          std::size_t after) {
  if (!source || before == after) return;
  std::size_t& held = held_by_[*source];
  held = held - before + after;
  held_ = held_ - before + after;
  if (held == 0) held_by_.erase(*source);
}

}  // namespace avedge::sip
