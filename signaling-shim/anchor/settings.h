// The anchor's time-outs and limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "signaling-shim/anchor/media_targets.h"

namespace avedge::anchor {

/// The UDP and TCP ports of one interface in one family, and the reserved part of each.
struct PortBudget {
  std::string interface;
  AddressFamily family = AddressFamily::ipv4;
  std::size_t ports = 0;
  std::size_t for_turn = 0;
  /// For calls of next hops over UDP, which get at most these.
  std::size_t for_next_hops = 0;
};

/// Concurrent calls whose caller has not sent an ACK. INVITEs from forged addresses never send one.
struct UnansweredLimits {
  std::size_t per_source = 20;
  /// /24, or /64 of IPv6.
  std::size_t per_network = 200;
  std::size_t per_interface = 500;
};

struct Settings {
  /// An unanswered offer holds its ports this long after the transaction's last message.
  std::chrono::seconds offer_timeout{std::chrono::minutes{3}};
  /// An answered call without media in either direction.
  std::chrono::seconds media_idle{std::chrono::minutes{5}};
  /// The same while every stream is on hold.
  std::chrono::seconds hold_idle{std::chrono::minutes{30}};
  /// A dialog that never had a stream (instant messages) holds no ports, only memory.
  std::chrono::seconds without_media{std::chrono::hours{12}};
  /// RFC 3261 §17.1.2.2, timer F: a BYE that is not answered by then never will be.
  std::chrono::seconds bye_timeout{32};
  /// Every 18x extends a ringing call: callees repeat theirs each minute (RFC 3261 §13.3.1.1).
  /// Longer than timer C of the proxies on its route (§16.6), including ours, which ends it first.
  std::chrono::seconds ringing{std::chrono::minutes{4}};
  /// RFC 4028 §10: a party whose session timer expires sends BYE, which lasts at most timer F.
  std::chrono::seconds session_grace{32};
  /// RFC 3261 §13.3.1.4: a 2xx is repeated for 64*T1; an unproven caller without an ACK by then
  /// never received it.
  std::chrono::seconds ack_timeout{32};
  /// RFC 3261 §13.2.2.4: other branches may still answer 64*T1 after the first one did.
  std::chrono::seconds fork_window{32};
  TargetSettings targets;
  std::size_t max_sessions = 10000;
  /// Of one source (an address, or a /64 of IPv6), at a time.
  std::size_t max_sessions_per_source = 1000;
  std::size_t max_ports_per_source = 4000;
  UnansweredLimits unanswered;
  /// Ports of an interface without a budget are not divided.
  std::vector<PortBudget> port_budgets;
  /// Relayed m= lines of one call; each leases ports on both sides.
  std::size_t max_streams = 16;
  /// Early dialogs of one call.
  std::size_t max_dialogs = 16;
};

}  // namespace avedge::anchor
