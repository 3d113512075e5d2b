#include "relay/egress/frame_egress.h"

#include "relay/core/random.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

/// The kernel probes its neighbours only while it sends to them itself (RFC 4861 §7.3): at this
/// interval one datagram for each neighbour leaves through its socket.
constexpr std::chrono::seconds kProofInterval{1};

}  // namespace

FrameEgress::FrameEgress(WorkerIndex worker, NextHopResolver& resolver,
                         FileDescriptor packet_socket, SendBatch& sockets, WorkerCounters& counters,
                         const Time& now)
    : worker_{worker},
      resolver_{resolver},
      sockets_{sockets},
      frames_{std::move(packet_socket), counters},
      now_{now},
      identification_{static_cast<std::uint16_t>(random_u64())} {}

/// A Send indication names its peer: its flow has no destination.
void FrameEgress::on_upsert(Flow& flow, const Socket* out) {
  const RouteId before = flow.route;
  const bool has_destination = flow.transform != Transform::unwrap_send_indication;
  flow.route =
      out != nullptr && has_destination ? hold(*out, flow.destination.endpoint()) : kNoRoute;
  release(before);
}

RouteId FrameEgress::hold(const Socket& out, const Endpoint& destination) {
  if (!out.fd.is_open() || out.local.address.family() != destination.address.family() ||
      destination.address.is_loopback()) {
    return kNoRoute;
  }
  const RouteKey key{out.local.address, destination.address, bound_device(out.fd)};
  auto [known, is_new] = by_key_.try_emplace(key, static_cast<RouteId>(routes_.size()));
  if (is_new) {
    if (free_.empty()) {
      routes_.emplace_back();
    } else {
      known->second = free_.back();
      free_.pop_back();
    }
    routes_[known->second] = {.key = key};
    resolver_.watch(worker_, key);
  }
  ++routes_[known->second].holders;
  return known->second;
}

void FrameEgress::release(RouteId id) {
  if (id == kNoRoute) return;
  HeldRoute& route = routes_[id];
  if (--route.holders > 0) return;
  resolver_.forget(worker_, route.key);
  by_key_.erase(route.key);
  route = {};
  free_.push_back(id);
}

void FrameEgress::set(const RouteKey& key, const std::optional<NextHop>& hop) {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return;  // released meanwhile
  if (hop && hop->neighbour >= nud_confirmation_due_.size())
    nud_confirmation_due_.resize(hop->neighbour + 1);
  routes_[known->second].hop = hop;
}

bool FrameEgress::push(RouteId route, const Endpoint& from, const SocketAddress& to,
                       ConstBytes payload, const IpHeaderFields& fields) {
  if (route == kNoRoute) return false;
  const std::optional<NextHop>& hop = routes_[route].hop;
  if (!hop) return false;
  const AddressFamily family = from.address.family();
  if (packet_size(family, payload.size()) > hop->mtu || needs_nud_confirmation(hop->neighbour)) {
    flush();
    return false;
  }
  if (frames_.full()) flush();
  frames_.push(*hop, {from, to.endpoint(), fields, ++identification_, payload.size()}, payload);
  return true;
}

void FrameEgress::flush() {
  sockets_.flush();
  frames_.flush();
}

bool FrameEgress::needs_nud_confirmation(std::uint32_t neighbour) {
  Time& due = nud_confirmation_due_[neighbour];
  if (now_ < due) return false;
  due = now_ + kProofInterval;
  return true;
}

}  // namespace avedge::relay
