#include "signaling-shim/anchor/port_leases.h"

#include <algorithm>

namespace avedge::anchor {
namespace {

/// What browsers write before they know a port (RFC 8840 §4.1.1): no reason to share one.
constexpr Port kDiscardPort{9};

/// The earlier line on the same port: "best effort SRTP" offers RTP/AVP and RTP/SAVP that way, and
/// bundled lines do (RFC 8843 §7.2.1). Otherwise `line` itself.
std::size_t owner_of(const PartyMedia& media, std::size_t line) {
  const Endpoint& written = media.lines[line].written;
  if (written.port == kDiscardPort) return line;
  for (std::size_t i = 0; i < line; ++i) {
    if (media.relays(i) && media.lines[i].written == written) return i;
  }
  return line;
}

/// Whether an earlier relayed line has the lease already, from a time when the two shared it.
bool is_taken(const PortLeases& leases, const PartyMedia& media, std::size_t line) {
  for (std::size_t i = 0; i < line; ++i) {
    if (media.relays(i) && leases[i] == leases[line]) return true;
  }
  return false;
}

/// The lease of the line itself, or of a later one that shares its port: where the answer took only
/// the second of two alternatives, only that one still has it.
PortLease lease_of(const PortLeases& leases, const PartyMedia& media, std::size_t line) {
  if (leases[line] != nullptr) return leases[line];
  for (std::size_t i = line + 1; i < media.lines.size(); ++i) {
    if (media.relays(i) && leases[i] != nullptr && owner_of(media, i) == line) return leases[i];
  }
  return nullptr;
}

}  // namespace

Verdict<PortLeases> PortLessor::fit(const PortLeases& held, const PartyMedia& media,
                                    AddressFamily preferred) {
  PortLeases leases = held;
  leases.resize(std::max(held.size(), media.lines.size()));
  for (std::size_t i = 0; i < media.lines.size(); ++i) {
    if (!media.relays(i)) continue;
    if (const std::size_t owner = owner_of(media, i); owner != i) {
      leases[i] = leases[owner];
      continue;
    }
    leases[i] = lease_of(leases, media, i);
    if (leases[i] != nullptr && !is_taken(leases, media, i)) continue;
    auto fresh = lease(preferred);
    if (!fresh) return fresh.reason();
    leases[i] = *std::move(fresh);
  }
  return leases;
}

Verdict<PortLease> PortLessor::lease(AddressFamily preferred) {
  if (source_ && source_->port_pairs >= source_->max_port_pairs) return DropReason::source_limit;
  auto pair = control_.lease_pair(worker_, party_.interface, preferred);
  if (!pair && pair.reason() == DropReason::family_unsupported) {
    const bool was_v4 = preferred == AddressFamily::ipv4;
    pair = control_.lease_pair(worker_, party_.interface,
                               was_v4 ? AddressFamily::ipv6 : AddressFamily::ipv4);
  }
  if (!pair) return pair.reason();
  if (!address_) address_ = pair->rtp.advertised().address;
  return on_account(*std::move(pair));
}

PortLease PortLessor::on_account(MediaPortPair pair) const {
  if (source_ == nullptr) return std::make_shared<const MediaPortPair>(std::move(pair));
  ++source_->port_pairs;
  return {new MediaPortPair{std::move(pair)}, [source = source_](const MediaPortPair* freed) {
            delete freed;
            --source->port_pairs;
          }};
}

PortNames names_of(const PortLeases& leases) {
  PortNames names(leases.size());
  for (std::size_t i = 0; i < leases.size(); ++i) {
    if (leases[i] == nullptr) continue;
    names[i] = sdp::EdgePorts{leases[i]->rtp.advertised(), leases[i]->rtcp.advertised()};
  }
  return names;
}

bool covers(const PortNames& names, const PartyMedia& media) {
  for (std::size_t i = 0; i < media.lines.size(); ++i) {
    if (media.relays(i) && (i >= names.size() || !names[i])) return false;
  }
  return true;
}

}  // namespace avedge::anchor
