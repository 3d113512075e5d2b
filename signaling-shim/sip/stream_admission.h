// Admits TCP and TLS connections, and selects those to evict. Without sockets or clock.
#pragma once

#include <unordered_map>
#include <vector>

#include "relay/core/drop_reason.h"
#include "signaling-shim/sip/rate_limiter.h"
#include "signaling-shim/sip/settings.h"
#include "signaling-shim/sip/sip_flow.h"
#include "signaling-shim/sip/standing.h"
#include "signaling-shim/sip/stranger_table.h"

namespace avedge::sip {

/// Unproven sources of each interface share an equal part of Limits::connections, and their TLS
/// handshakes have a separate limit. Next hops and known connections are in neither: they share as
/// many places again, a quarter of them reserved for next hops. The total never exceeds 2 *
/// Limits::connections. Signalling thread only.
class StreamAdmission {
 public:
  struct Eviction {
    ConnectionId connection{};
    ConnectionLimit limit{};
  };
  struct Refusal {
    DropReason reason{};
    /// The limit reached; nothing: the listener or the rate refuses.
    std::optional<ConnectionLimit> limit;
  };
  struct Decision {
    std::optional<Refusal> refusal;
    std::vector<Eviction> evictions;  // to be closed before opened()
  };
  enum class Opener : std::uint8_t { peer, edge };

  /// `settings` outlives this.
  explicit StreamAdmission(const Settings& settings);

  /// Whether a connection with `peer` may be opened.
  [[nodiscard]] Decision decide(Time now, const SipFlow& peer, Standing standing, Opener opener);
  /// It was opened, as `peer.connection`.
  void opened(Time now, const SipFlow& peer, Standing standing, Opener opener);
  /// Its TLS handshake is complete.
  void secured(ConnectionId connection) { handshakes_.remove(id_of(connection)); }
  /// It carried a complete request. Keep-alives do not count: they cost an attacker nothing.
  void active(Time now, ConnectionId connection);
  /// It is known from now on; false if it is not a stranger, or there are too many known ones.
  bool promote(ConnectionId connection);
  void closed(ConnectionId connection);

  [[nodiscard]] Standing standing_of(ConnectionId connection) const;
  [[nodiscard]] std::size_t count(Standing standing) const {
    return counts_[static_cast<std::size_t>(standing)];
  }

 private:
  struct Record {
    Standing standing{};
    std::size_t interface = 0;  // index into strangers_
    IpAddress source;
  };
  static StrangerTable::Id id_of(ConnectionId connection) {
    return static_cast<StrangerTable::Id>(connection);
  }
  [[nodiscard]] Decision decide_exempt() const;
  [[nodiscard]] bool has_room_for_known(const IpAddress& source) const;
  [[nodiscard]] std::size_t& count_of(Standing standing) {
    return counts_[static_cast<std::size_t>(standing)];
  }

  const Settings& settings_;
  RateLimiter arrivals_;
  std::vector<std::size_t> interface_of_;  // by ListenerIndex
  std::vector<StrangerTable> strangers_;   // by interface
  StrangerTable handshakes_;
  std::unordered_map<StrangerTable::Id, Record> records_;
  std::map<IpAddress, std::size_t> known_of_;  // by source
  std::array<std::size_t, kStandingLabels.size()> counts_{};
};

}  // namespace avedge::sip
