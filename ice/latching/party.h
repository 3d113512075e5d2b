// One party of an anchored stream: what its SDP said about it, and where it has shown itself to be.
// Decides who may become its source; never "whoever sends first" (that is how RTP bleeds).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "relay/core/media_path.h"

namespace avedge::latching {

class Party {
 public:
  /// Sources a party may show by verified checks (one per candidate of a sane agent).
  static constexpr std::size_t kMaxSources = 8;

  explicit Party(const MediaEnd& signalled) : signalled_{signalled} {}

  [[nodiscard]] SocketId socket() const { return signalled_.socket; }
  [[nodiscard]] const MediaEnd& signalled() const { return signalled_; }

  /// Where packets for this party go: its latched source, or else what it signalled. Nothing if
  /// it has not said where it receives.
  [[nodiscard]] std::optional<Endpoint> destination() const;

  /// Sources whose packets are the party's; the latched one among them.
  [[nodiscard]] const std::vector<Endpoint>& sources() const { return sources_; }
  [[nodiscard]] bool is_source(const Endpoint& remote) const;

  /// The exact endpoint that was signalled, by which branches of a fork are told apart first.
  [[nodiscard]] bool signalled_exactly(const Endpoint& remote) const {
    return remote == signalled_.signalled;
  }
  /// Whether a packet from `remote` may latch by where it comes from: a signalled address (or the
  /// one its SIP came from), unless the party is latched already since its last SDP.
  [[nodiscard]] bool may_latch_by_address(const Endpoint& remote) const;

  /// `remote` is the party's source from now on, until a valid check or a new SDP.
  void latch_by_address(const Endpoint& remote);
  /// A verified check came from `remote`. The newest one wins; once a check has nominated (RFC 8445
  /// §8.1.1), only nominating ones move the destination. False if it shows too many sources.
  [[nodiscard]] bool latch_by_check(const Endpoint& remote, bool nominates);

  /// Takes over what a new SDP says. The same values change nothing. A new transport address or
  /// socket starts over; anything else keeps the media running and allows one new latch. So does an
  /// SDP that names no place to send to: once its checks are done, an ICE agent offers the address
  /// that the far agent sees of it (RFC 5245 §9.1.2.2), which is a port of the edge.
  void update(const MediaEnd& signalled);

 private:
  [[nodiscard]] bool is_signalled_address(const IpAddress& address) const;

  MediaEnd signalled_;
  std::optional<Endpoint> latched_;
  std::vector<Endpoint> sources_;
  bool locked_ = false;
  bool nominated_ = false;
};

}  // namespace avedge::latching
