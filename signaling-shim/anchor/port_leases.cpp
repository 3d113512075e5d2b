#include "signaling-shim/anchor/port_leases.h"

#include <algorithm>

namespace avedge::anchor {
namespace {

/// What browsers write before they know a port (RFC 8840 §4.1.1), and who only connects over TCP
/// (RFC 4145 §4.1): no reason to share one.
constexpr Port kDiscardPort{9};

/// The earlier line on the same port: "best effort SRTP" offers RTP/AVP and RTP/SAVP that way, and
/// bundled lines do (RFC 8843 §7.2.1). Otherwise `line` itself.
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
  std::shared_ptr<const Ports> LineLease::*lease;
  bool (*is_for)(const MediaLine&);

  [[nodiscard]] bool serves(const PartyMedia& media, std::size_t line) const {
    return media.relays(line) && is_for(media.lines[line]);
  }

  /// Whether an earlier line has the lease already, from a time when the two shared it.
  [[nodiscard]] bool is_taken(const PortLeases& leases, const PartyMedia& media,
                              std::size_t line) const {
    for (std::size_t i = 0; i < line; ++i) {
      if (serves(media, i) && leases[i].*lease == leases[line].*lease) return true;
    }
    return false;
  }

  /// The lease of the line itself, or of a later one that shares its port: where the answer took
  /// only the second of two alternatives, only that one still has it.
  [[nodiscard]] std::shared_ptr<const Ports> held_for(const PortLeases& leases,
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
  [[nodiscard]] Verdict<void> fit(PortLeases& leases, const PartyMedia& media,
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

constexpr Kind<MediaPortPair> kDatagrams{&LineLease::datagrams,
                                         [](const MediaLine& line) { return line.has_datagrams; }};
constexpr Kind<ComponentPorts> kStreams{&LineLease::streams, [](const MediaLine& line) {
                                          return line.streams.kind != StreamMedia::Kind::none;
                                        }};

}  // namespace

Verdict<PortLeases> PortLessor::fit(const PortLeases& held, const PartyMedia& media,
                                    AddressFamily preferred) {
  PortLeases leases = held;
  leases.resize(std::max(held.size(), media.lines.size()));
  const auto datagrams = [&](const MediaLine&) { return lease_datagrams(preferred); };
  const auto streams = [&](const MediaLine& line) -> Verdict<Lease<ComponentPorts>> {
    auto lease = lease_each(&SessionControl::lease_stream, line.streams.has_rtcp, preferred);
    const bool can_do_without = line.has_datagrams;
    if (!lease && can_do_without) return Lease<ComponentPorts>{};
    return lease;
  };
  if (const auto step = kDatagrams.fit(leases, media, datagrams); !step) return step.reason();
  if (const auto step = kStreams.fit(leases, media, streams); !step) return step.reason();
  return leases;
}

PortLeases PortLessor::with_converters(PortLeases held, const PartyMedia& media,
                                       const PartyMedia& offer) {
  held.resize(std::max(held.size(), media.lines.size()));
  for (std::size_t i = 0; i < media.lines.size(); ++i) {
    if (media.stream_kind(i) != StreamMedia::Kind::converted || held[i].converters) continue;
    auto fresh =
        lease_each(&SessionControl::lease_single, offer.lines[i].streams.has_rtcp, media.family);
    if (fresh) held[i].converters = *std::move(fresh);
  }
  return held;
}

Verdict<std::shared_ptr<const MediaPortPair>> PortLessor::lease_datagrams(AddressFamily preferred) {
  auto pair = in_any_family(&SessionControl::lease_pair, preferred);
  if (!pair) return pair.reason();
  if (!address_) address_ = pair->rtp.advertised().address;
  return on_account(*std::move(pair));
}

Verdict<std::shared_ptr<const ComponentPorts>> PortLessor::lease_each(
    LeaseFrom<MediaPort> lease_from, bool has_rtcp, AddressFamily preferred) {
  ComponentPorts ports;
  for (MediaPort* port : {&ports.rtp, &ports.rtcp}) {
    if (port == &ports.rtcp && !has_rtcp) continue;
    auto leased = in_any_family(lease_from, preferred);
    if (!leased) return leased.reason();
    *port = *std::move(leased);
  }
  if (!address_) address_ = ports.rtp.advertised().address;
  return on_account(std::move(ports));
}

template <class Leased>
Verdict<Leased> PortLessor::in_any_family(LeaseFrom<Leased> lease_from, AddressFamily preferred) {
  if (source_ && source_->port_pairs >= source_->max_port_pairs) return DropReason::source_limit;
  auto leased = (control_.*lease_from)(worker_, party_.interface, preferred);
  if (leased || leased.reason() != DropReason::family_unsupported) return leased;
  const bool was_v4 = preferred == AddressFamily::ipv4;
  return (control_.*lease_from)(worker_, party_.interface,
                                was_v4 ? AddressFamily::ipv6 : AddressFamily::ipv4);
}

/// Each lease counts as a pair, whatever ports it is of.
template <class Ports>
std::shared_ptr<const Ports> PortLessor::on_account(Ports ports) const {
  if (source_ == nullptr) return std::make_shared<const Ports>(std::move(ports));
  ++source_->port_pairs;
  return {new Ports{std::move(ports)}, [source = source_](const Ports* freed) {
            delete freed;
            --source->port_pairs;
          }};
}

PortNames names_of(const PortLeases& leases) {
  PortNames names(leases.size());
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const LineLease& lease = leases[i];
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
