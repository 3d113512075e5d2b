#include "signaling-shim/anchor/port_allocator.h"

#include <algorithm>

namespace avedge::anchor {
namespace {

/// Written by browsers before they know a port (RFC 8840 §4.1.1), and by TCP-only active parties
/// (RFC 4145 §4.1): not a reason to share one.
constexpr Port kDiscardPort{9};

/// The earlier line on the same port: "best effort SRTP" offers RTP/AVP and RTP/SAVP on one port,
/// and bundled lines do (RFC 8843 §7.2.1). Otherwise `line` itself.
std::size_t owner_of(const PartyMedia& media, std::size_t line) {
  const MediaLine& own = media.lines[line];
  if (own.written.port == kDiscardPort) return line;
  for (std::size_t i = 0; i < line; ++i) {
    const MediaLine& earlier = media.lines[i];
    if (media.relays(i) && earlier.written == own.written &&
        earlier.has_datagrams == own.has_datagrams) {
      return i;
    }
  }
  return line;
}

/// The leases of one kind: which there are, and which lines need one.
template <class Ports>
struct Kind {
  std::shared_ptr<const Ports> MediaLinePorts::*lease;
  bool (*is_for)(const MediaLine&);

  [[nodiscard]] bool serves(const PartyMedia& media, std::size_t line) const {
    return media.relays(line) && is_for(media.lines[line]);
  }

  /// Whether an earlier line has the lease already, from a time when the two shared it.
  [[nodiscard]] bool is_taken(const PortAssignment& leases, const PartyMedia& media,
                              std::size_t line) const {
    for (std::size_t i = 0; i < line; ++i) {
      if (serves(media, i) && leases[i].*lease == leases[line].*lease) return true;
    }
    return false;
  }

  /// The lease of the line itself, or of a later one that shares its port: where the answer took
  /// only the second of two alternatives, only that one still has it.
  [[nodiscard]] std::shared_ptr<const Ports> held_for(const PortAssignment& leases,
                                                      const PartyMedia& media,
                                                      std::size_t line) const {
    if (leases[line].*lease != nullptr) return leases[line].*lease;
    for (std::size_t i = line + 1; i < media.lines.size(); ++i) {
      if (serves(media, i) && leases[i].*lease != nullptr && owner_of(media, i) == line) {
        return leases[i].*lease;
      }
    }
    return nullptr;
  }

  /// `make_lease(line)` gives a new one; null for a line that goes without.
  template <class MakeLease>
  [[nodiscard]] Verdict<void> fit(PortAssignment& leases, const PartyMedia& media,
                                  const MakeLease& make_lease) const {
    for (std::size_t i = 0; i < media.lines.size(); ++i) {
      if (!serves(media, i)) continue;
      if (const std::size_t owner = owner_of(media, i); owner != i && serves(media, owner)) {
        leases[i].*lease = leases[owner].*lease;
        continue;
      }
      leases[i].*lease = held_for(leases, media, i);
      if (leases[i].*lease != nullptr && !is_taken(leases, media, i)) continue;
      auto fresh = make_lease(media.lines[i]);
      if (!fresh) return fresh.reason();
      leases[i].*lease = *std::move(fresh);
    }
    return {};
  }
};

constexpr Kind<MediaPortPair> kDatagrams{&MediaLinePorts::datagrams,
                                         [](const MediaLine& line) { return line.has_datagrams; }};
constexpr Kind<ComponentPorts> kStreams{&MediaLinePorts::streams, [](const MediaLine& line) {
                                          return line.streams.kind != StreamMedia::Kind::none;
                                        }};

}  // namespace

Verdict<PortAssignment> PortAllocator::fit(const PortAssignment& held, const PartyMedia& media,
                                           AddressFamily preferred) {
  PortAssignment leases = held;
  leases.resize(std::max(held.size(), media.lines.size()));
  const auto datagrams = [&](const MediaLine&) { return lease_datagrams(preferred); };
  const auto streams = [&](const MediaLine& line) -> Verdict<Lease<ComponentPorts>> {
    auto lease = lease_each({&SessionControl::lease_stream, PortKind::tcp, 1},
                            line.streams.has_rtcp, preferred);
    const bool can_do_without = line.has_datagrams;
    if (!lease && can_do_without) return Lease<ComponentPorts>{};
    return lease;
  };
  if (const auto step = kDatagrams.fit(leases, media, datagrams); !step) return step.reason();
  if (const auto step = kStreams.fit(leases, media, streams); !step) return step.reason();
  return leases;
}

PortAssignment PortAllocator::with_converters(PortAssignment held, const PartyMedia& media,
                                              const PartyMedia& offer) {
  held.resize(std::max(held.size(), media.lines.size()));
  for (std::size_t i = 0; i < media.lines.size(); ++i) {
    if (media.stream_kind(i) != StreamMedia::Kind::converted || held[i].converters) continue;
    auto fresh = lease_each({&SessionControl::lease_single, PortKind::udp, 1},
                            offer.lines[i].streams.has_rtcp, media.family);
    if (fresh) held[i].converters = *std::move(fresh);
  }
  return held;
}

Verdict<std::shared_ptr<const MediaPortPair>> PortAllocator::lease_datagrams(
    AddressFamily preferred) {
  auto pair =
      in_any_family<MediaPortPair>({&SessionControl::lease_pair, PortKind::udp, 2}, preferred);
  if (!pair) return pair.reason();
  if (!address_) address_ = pair->leased.rtp.advertised().address;
  const auto whole = std::make_shared<Leasing<MediaPortPair>>(*std::move(pair));
  return Lease<MediaPortPair>{whole, &whole->leased};
}

Verdict<std::shared_ptr<const ComponentPorts>> PortAllocator::lease_each(const Ask<MediaPort>& ask,
                                                                         bool has_rtcp,
                                                                         AddressFamily preferred) {
  struct Whole {
    HeldPorts held_for_rtp;
    HeldPorts held_for_rtcp;
    ComponentPorts ports;
  };
  const auto whole = std::make_shared<Whole>();
  const auto lease = [&](HeldPorts& held, MediaPort& port) -> Verdict<void> {
    auto leased = in_any_family(ask, preferred);
    if (!leased) return leased.reason();
    held = std::move(leased->held);
    port = std::move(leased->leased);
    return {};
  };
  if (const auto rtp = lease(whole->held_for_rtp, whole->ports.rtp); !rtp) return rtp.reason();
  if (has_rtcp) {
    const auto rtcp = lease(whole->held_for_rtcp, whole->ports.rtcp);
    if (!rtcp) return rtcp.reason();
  }
  if (!address_) address_ = whole->ports.rtp.advertised().address;
  return Lease<ComponentPorts>{whole, &whole->ports};
}

template <class Leased>
auto PortAllocator::in_any_family(const Ask<Leased>& ask, AddressFamily preferred)
    -> Verdict<Leasing<Leased>> {
  auto leased = in_family(ask, preferred);
  if (leased || leased.reason() != DropReason::family_unsupported) return leased;
  const bool was_v4 = preferred == AddressFamily::ipv4;
  return in_family(ask, was_v4 ? AddressFamily::ipv6 : AddressFamily::ipv4);
}

template <class Leased>
auto PortAllocator::in_family(const Ask<Leased>& ask, AddressFamily family)
    -> Verdict<Leasing<Leased>> {
  auto held = HeldPorts::take(account_, {party_.interface, family, ask.kind}, ask.ports);
  if (!held) return held.reason();
  auto leased = (control_.*ask.from)(worker_, party_.interface, family);
  if (!leased) return leased.reason();
  return Leasing<Leased>{*std::move(held), *std::move(leased)};
}

PortNames names_of(const PortAssignment& leases) {
  PortNames names(leases.size());
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const MediaLinePorts& lease = leases[i];
    if (lease.datagrams) {
      names[i].datagrams = {lease.datagrams->rtp.advertised(), lease.datagrams->rtcp.advertised()};
    }
    if (lease.streams) names[i].streams = names_of(*lease.streams);
  }
  return names;
}

sdp::EdgePorts names_of(const ComponentPorts& ports) {
  const MediaPort& rtcp = ports.rtcp ? ports.rtcp : ports.rtp;
  return {ports.rtp.advertised(), rtcp.advertised()};
}

bool covers(const PortNames& names, const PartyMedia& media) {
  for (std::size_t i = 0; i < media.lines.size(); ++i) {
    if (!media.relays(i)) continue;
    if (i >= names.size()) return false;
    if (!names[i].of_line(!media.lines[i].has_datagrams)) return false;
  }
  return true;
}

}  // namespace avedge::anchor
