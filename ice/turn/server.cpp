#include "ice/turn/server.h"

#include <algorithm>

#include "ice/stun/attribute_values.h"
#include "ice/turn/address_forms.h"
#include "relay/core/turn_framing.h"

namespace avedge::turn {
namespace {

using stun::Attribute;
using stun::AttributeType;
using stun::MessageClass;
using stun::Method;
using stun::StunBuilder;
using stun::StunView;

/// What a 420 lists at most; a request with more of them has seen enough.
constexpr std::size_t kMaxUnknownListed = 16;

/// RFC 8489 §6.3: attributes that are known but not expected are ignored, so one list serves every
/// method.
bool is_known(AttributeType type) {
  switch (type) {
    case AttributeType::mapped_address:
    case AttributeType::username:
    case AttributeType::message_integrity:
    case AttributeType::error_code:
    case AttributeType::unknown_attributes:
    case AttributeType::channel_number:
    case AttributeType::lifetime:
    case AttributeType::xor_peer_address:
    case AttributeType::data:
    case AttributeType::realm:
    case AttributeType::nonce:
    case AttributeType::xor_relayed_address:
    case AttributeType::requested_address_family:
    case AttributeType::even_port:
    case AttributeType::requested_transport:
    case AttributeType::dont_fragment:
    case AttributeType::message_integrity_sha256:
    case AttributeType::xor_mapped_address:
    case AttributeType::reservation_token: return true;
    default: return false;
  }
}

std::vector<AttributeType> unknown_attributes(const StunView& message) {
  std::vector<AttributeType> unknown;
  for (const Attribute attribute : message) {
    if (!is_comprehension_required(attribute.type) || is_known(attribute.type)) continue;
    if (unknown.size() < kMaxUnknownListed) unknown.push_back(attribute.type);
  }
  return unknown;
}

bool needs_credentials(Method method) {
  return method == Method::allocate || method == Method::refresh ||
         method == Method::create_permission || method == Method::channel_bind;
}

std::uint32_t seconds_until(Time now, Time then) {
  return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(then - now).count());
}

Refusal refusal_of(DropReason reason) {
  switch (reason) {
    case DropReason::family_unsupported: return kFamilyNotSupported;
    case DropReason::bad_reservation: return kBadReservation;
    case DropReason::allocation_quota: return kQuotaReached;
    default: return kPortsExhausted;
  }
}

}  // namespace

Server::Server(const Settings& settings, Surroundings surroundings)
    : settings_{settings},
      surroundings_{std::move(surroundings)},
      authenticator_{settings.credentials, surroundings_.wall_clock},
      nonces_{settings.nonce_key, settings.nonce_lifetime},
      peers_{settings.peers},
      budget_{settings.limits.answers_per_second, settings.limits.answer_burst},
      allocations_{settings.limits.allocations} {}

void Server::reconfigure(const Settings& settings) {
  settings_ = settings;
  authenticator_ = Authenticator{settings.credentials, surroundings_.wall_clock};
  peers_ = PeerPolicy{settings.peers};
}

Verdict<void> Server::handle(Time now, const Path& path, ConstBytes datagram, Outcome& outcome) {
  const auto message = StunView::parse(datagram);
  if (!message) return message.reason();
  const Request request{now, path, *message};
  switch (message->message_class()) {
    case MessageClass::request: return on_request(request, outcome);
    case MessageClass::indication: return on_indication(request, outcome);
    case MessageClass::success:
    case MessageClass::error: break;
  }
  return DropReason::stun_unexpected;
}

Verdict<void> Server::on_request(const Request& request, Outcome& outcome) {
  surroundings_.counters.stun_requests.add();
  Responder responder{request, outcome};
  const Method method = request.message.method();
  if (!needs_credentials(method)) {
    if (!may_answer_stranger(request)) return DropReason::answer_budget;
    if (method == Method::binding) return on_binding(request, responder);
    return responder.refuse(kBadRequest);
  }

  const auto identity = authenticate(request);
  if (!identity) return challenge(request, identity.reason(), responder);
  responder.sign_with(identity->key);

  // RFC 8489 §6.3: unknown attributes are looked for once the sender is known.
  const auto unknown = unknown_attributes(request.message);
  if (!unknown.empty()) return responder.refuse_unknown(unknown);

  switch (method) {
    case Method::allocate: return on_allocate(request, *identity, responder, outcome);
    case Method::refresh: return on_refresh(request, *identity, responder, outcome);
    case Method::create_permission:
      return on_create_permission(request, *identity, responder, outcome);
    default: return on_channel_bind(request, *identity, responder, outcome);
  }
}

/// RFC 8489 §12. XOR-MAPPED-ADDRESS and nothing else: 32 bytes for IPv4.
Verdict<void> Server::on_binding(const Request& request, Responder& responder) {
  const auto unknown = unknown_attributes(request.message);
  if (!unknown.empty()) return responder.refuse_unknown(unknown);
  StunBuilder response = responder.success();
  response.xor_address(AttributeType::xor_mapped_address, request.path.remote);
  responder.send(response);
  return {};
}

/// RFC 8489 §9.2.4, in the order given there.
Answer<Identity> Server::authenticate(const Request& request) const {
  const StunView& message = request.message;
  if (!stun::has_integrity(message)) return kUnauthenticated;

  const auto username = message.find(AttributeType::username);
  const auto nonce = message.find(AttributeType::nonce);
  if (!username || !nonce || !message.has(AttributeType::realm)) return kBadRequest;
  const auto name = stun::read_text(*username, stun::kMaxUsername);
  if (!name) return kBadRequest;

  const auto identity = authenticator_.verify(message, *name);
  if (!identity || (identity->expired && message.method() == Method::allocate)) {
    return kBadCredentials;
  }
  if (!nonces_.is_fresh(request.now, request.path.remote, text_of(*nonce))) return kStaleNonce;
  return *identity;
}

DropReason Server::challenge(const Request& request, const Refusal& refusal, Responder& responder) {
  if (!may_answer_stranger(request)) return DropReason::answer_budget;
  if (refusal.code == kBadRequest.code) return responder.refuse(refusal);
  const Nonce nonce = nonces_.issue(request.now, request.path.remote);
  return responder.challenge(refusal, authenticator_.realm(), {nonce.data(), nonce.size()});
}

/// RFC 8656 §7.2; the numbers are the steps there.
Verdict<void> Server::on_allocate(const Request& request, const Identity& identity,
                                  Responder& responder, Outcome& outcome) {
  // 2. A five-tuple has one allocation. The same request again gets the same answer.
  if (const Allocation* existing = find(request.now, request.five_tuple(), outcome)) {
    const Allocation::Grant& grant = existing->grant();
    if (grant.transaction != request.message.transaction() || grant.user != identity.user) {
      return responder.refuse(kAllocationMismatch);
    }
    confirm(request, *existing, responder);
    return {};
  }
  // 3. to 8. What is asked for.
  const auto wanted = read_allocate_request(request.message);
  if (!wanted) return responder.refuse(wanted.reason());
  // 10. and the choice of a relayed address.
  auto granted = grant(request, identity, *wanted);
  if (!granted) return responder.refuse(granted.reason());

  const Allocation& allocation = allocations_.open(std::move(granted).value(), outcome);
  surroundings_.counters.allocations_opened.add();
  surroundings_.counters.allocations.set(static_cast<std::int64_t>(allocations_.size()));
  surroundings_.observer.on_opened(describe(allocation));
  confirm(request, allocation, responder);
  return {};
}

/// Books the quota, then leases the port; gives the quota back if there is no port.
Answer<Allocation::Grant> Server::grant(const Request& request, const Identity& identity,
                                        const AllocateRequest& wanted) {
  if (allocations_.is_full()) return kTableFull;
  const IpAddress& source = request.path.remote.address;
  const auto booked = surroundings_.ledger.begin_allocation(identity.user, source);
  if (!booked) return refusal_of(booked.reason());

  Allocation::Grant grant;
  const auto lease = [&]() -> Verdict<RelayPort> {
    RelayPorts& ports = surroundings_.ports;
    if (wanted.reservation) return ports.claim(request.now, *wanted.reservation);
    if (!wanted.reserve_next) return ports.lease(wanted.family, wanted.parity);
    const auto pair = ports.lease_reserving_next(request.now, wanted.family);
    if (!pair) return pair.reason();
    grant.reserved = pair->token;
    return pair->port;
  };
  const auto port = lease();
  if (!port) {
    surroundings_.ledger.end_allocation(identity.user, source);
    return refusal_of(port.reason());
  }
  grant.five_tuple = request.five_tuple();
  grant.listener = request.path.socket;
  grant.relay = *port;
  grant.user = identity.user;
  grant.transaction = request.message.transaction();
  grant.opened = request.now;
  grant.expires = request.now + lifetime_for(wanted.lifetime);
  return grant;
}

void Server::confirm(const Request& request, const Allocation& allocation, Responder& responder) {
  const Allocation::Grant& grant = allocation.grant();
  StunBuilder response = responder.success();
  response.xor_address(AttributeType::xor_relayed_address, grant.relay.advertised)
      .u32(AttributeType::lifetime, seconds_until(request.now, grant.expires))
      .xor_address(AttributeType::xor_mapped_address, request.path.remote);
  if (grant.reserved) response.raw(AttributeType::reservation_token, *grant.reserved);
  responder.send(response);
}

/// RFC 8656 §7.2: the client may ask for more than the default, up to the maximum, never for less.
std::chrono::seconds Server::lifetime_for(std::optional<std::chrono::seconds> requested) const {
  const auto capped =
      std::min(requested.value_or(settings_.default_lifetime), settings_.max_lifetime);
  return std::max(capped, settings_.default_lifetime);
}

/// RFC 8656 §8.2.
Verdict<void> Server::on_refresh(const Request& request, const Identity& identity,
                                 Responder& responder, Outcome& outcome) {
  const auto found = find_own(request, identity, outcome);
  if (!found) return responder.refuse(found.reason());
  Allocation& allocation = **found;

  const auto family = read_family(request.message);
  if (!family) {
    const bool malformed = family.reason().code == kBadRequest.code;
    return responder.refuse(malformed ? kBadRequest : kPeerFamilyMismatch);
  }
  if (*family && **family != allocation.family()) return responder.refuse(kPeerFamilyMismatch);
  const auto requested = read_lifetime(request.message);
  if (!requested) return responder.refuse(requested.reason());

  const bool deletes = *requested && **requested == std::chrono::seconds{0};
  const auto lifetime = deletes ? std::chrono::seconds{0} : lifetime_for(*requested);
  if (deletes) {
    close(request.now, allocation, CloseReason::deleted_by_client, outcome);
  } else {
    allocation.refresh(request.now + lifetime, outcome);
    allocations_.reschedule(allocation);
  }
  StunBuilder response = responder.success();
  response.u32(AttributeType::lifetime, static_cast<std::uint32_t>(lifetime.count()));
  responder.send(response);
  return {};
}

/// RFC 8656 §10.2: every address is judged for itself, and one that is refused refuses all.
Verdict<void> Server::on_create_permission(const Request& request, const Identity& identity,
                                           Responder& responder, Outcome& outcome) {
  const auto found = find_own(request, identity, outcome);
  if (!found) return responder.refuse(found.reason());
  Allocation& allocation = **found;
  const auto peers = read_peers(request, allocation);
  if (!peers) return responder.refuse(peers.reason());

  const auto fresh =
      static_cast<std::size_t>(std::count_if(peers->begin(), peers->end(), [&](const Peer& peer) {
        return !allocation.has_permission(peer.endpoint.address);
      }));
  if (allocation.permission_count() + fresh > settings_.limits.permissions_per_allocation) {
    return responder.refuse(kTableFull);
  }
  for (const Peer& peer : *peers) allocation.permit(request.now, peer, outcome);
  allocations_.reschedule(allocation);
  StunBuilder response = responder.success();
  responder.send(response);
  return {};
}

/// RFC 8656 §12.2.
Verdict<void> Server::on_channel_bind(const Request& request, const Identity& identity,
                                      Responder& responder, Outcome& outcome) {
  const auto found = find_own(request, identity, outcome);
  if (!found) return responder.refuse(found.reason());
  Allocation& allocation = **found;

  // 1. Both attributes, and a number that may be bound.
  const auto number_value = request.message.find(AttributeType::channel_number);
  const auto peer_value = request.message.find(AttributeType::xor_peer_address);
  if (!number_value || !peer_value) return responder.refuse(kBadRequest);
  const auto number = stun::read_channel_number(*number_value);
  if (!number || *number < kFirstChannel || *number > settings_.last_channel) {
    return responder.refuse(kBadRequest);
  }
  const auto peer = read_peer(request, allocation, *peer_value);
  if (!peer) return responder.refuse(peer.reason());
  // Port 0 reaches nobody, and stands for a permission in the flow table.
  if (peer->endpoint.port == Port{}) return responder.refuse(kBadRequest);
  // Our own addresses are also those of our listeners: a channel may only lead to a relayed port.
  if (peer->is_own_relay && !surroundings_.ports.is_leased(peer->endpoint)) {
    return responder.refuse(kForbidden);
  }

  // 2. and 3. Neither the number nor the peer is bound to another.
  const ChannelField bound = allocation.channel_of(peer->endpoint);
  const bool renews = bound == *number;
  if (!renews && (bound != kNoChannel || allocation.is_bound(*number))) {
    return responder.refuse(kBadRequest);
  }
  const bool room =
      (renews || allocation.channel_count() < settings_.limits.channels_per_allocation) &&
      (allocation.has_permission(peer->endpoint.address) ||
       allocation.permission_count() < settings_.limits.permissions_per_allocation);
  if (!room) return responder.refuse(kTableFull);

  allocation.bind(request.now, *number, *peer, outcome);
  allocations_.reschedule(allocation);
  StunBuilder response = responder.success();
  responder.send(response);
  return {};
}

/// Send indications are the forwarder's: one that comes here has no flow, and it says why.
Verdict<void> Server::on_indication(const Request& request, Outcome& outcome) {
  switch (request.message.method()) {
    case Method::binding: return {};  // RFC 8489 §12: keeps a NAT's binding alive, wants nothing
    case Method::send: return judge_send(request, request.message.bytes(), outcome);
    default: return DropReason::stun_unexpected;
  }
}

DropReason Server::judge_send(const Request& request, ConstBytes datagram, Outcome& outcome) {
  const auto send = parse_send_indication(datagram);
  if (!send) return send.reason();
  const Allocation* allocation = find(request.now, request.five_tuple(), outcome);
  if (allocation == nullptr) return DropReason::no_allocation;
  const auto peer = judge_peer(*allocation, send->peer);
  if (!peer) return peer.reason().reason;
  return DropReason::no_permission;
}

void Server::expire(Time now, Outcome& outcome) {
  while (Allocation* allocation = allocations_.pop_due(now)) settle(now, *allocation, outcome);
}

/// The client's allocation, with nothing stale in it; null if it has none.
Allocation* Server::find(Time now, const FiveTuple& five_tuple, Outcome& outcome) {
  Allocation* allocation = allocations_.find(five_tuple);
  return allocation != nullptr && settle(now, *allocation, outcome) ? allocation : nullptr;
}

/// RFC 8656 §5: requests on an allocation come from its five-tuple, and from its user.
Answer<Allocation*> Server::find_own(const Request& request, const Identity& identity,
                                     Outcome& outcome) {
  Allocation* allocation = find(request.now, request.five_tuple(), outcome);
  if (allocation == nullptr) return kAllocationMismatch;
  if (allocation->grant().user != identity.user) return kWrongCredentials;
  return allocation;
}

/// Every XOR-PEER-ADDRESS of the request, each address once, in no particular order.
Answer<std::vector<Peer>> Server::read_peers(const Request& request,
                                             const Allocation& allocation) const {
  std::vector<Peer> peers;
  for (const Attribute attribute : request.message) {
    if (attribute.type != AttributeType::xor_peer_address) continue;
    const auto peer = read_peer(request, allocation, attribute.value);
    if (!peer) return peer.reason();
    peers.push_back(*peer);
  }
  if (peers.empty()) return kBadRequest;

  const auto address = [](const Peer& peer) { return peer.endpoint.address; };
  std::sort(peers.begin(), peers.end(),
            [&](const Peer& a, const Peer& b) { return address(a) < address(b); });
  peers.erase(std::unique(peers.begin(), peers.end(),
                          [&](const Peer& a, const Peer& b) { return address(a) == address(b); }),
              peers.end());
  return peers;
}

Answer<Peer> Server::read_peer(const Request& request, const Allocation& allocation,
                               ConstBytes value) const {
  const auto written = stun::read_xor_address(value, request.message.transaction());
  if (!written) return kBadRequest;
  return judge_peer(allocation, *written);
}

/// Whether the client may exchange packets with this peer, and what flows call it.
Answer<Peer> Server::judge_peer(const Allocation& allocation, const Endpoint& written) const {
  if (written.address.family() != allocation.family()) return kPeerFamilyMismatch;
  if (const auto own = surroundings_.ports.own_relay_address(written.address)) {
    if (!peers_.allows_own_relay(written.address)) return kForbidden;
    return Peer{{*own, written.port}, true};
  }
  if (!peers_.allows(written.address)) return kForbidden;
  if (is_ipv4_in_disguise(written.address)) return kPeerFamilyMismatch;
  return Peer{written, false};
}

/// Does what time demands of an allocation. False if it is no more.
bool Server::settle(Time now, Allocation& allocation, Outcome& outcome) {
  if (allocation.is_over(now)) {
    close(now, allocation, CloseReason::expired, outcome);
    return false;
  }
  if (allocation.next_deadline() <= now) allocation.retire(now, surroundings_.flows, outcome);
  allocations_.reschedule(allocation);
  return true;
}

void Server::close_all(Time now, Outcome& outcome) {
  std::vector<Allocation*> open;
  allocations_.for_each([&](Allocation& allocation) { open.push_back(&allocation); });
  for (Allocation* allocation : open) close(now, *allocation, CloseReason::shutdown, outcome);
}

void Server::close(Time now, Allocation& allocation, CloseReason reason, Outcome& outcome) {
  const Traffic traffic = allocation.end(surroundings_.flows, outcome);
  const Allocation::Grant& grant = allocation.grant();
  surroundings_.ledger.end_allocation(grant.user, grant.five_tuple.client.endpoint.address);
  surroundings_.observer.on_closed(describe(allocation), reason, traffic, now - grant.opened);
  allocations_.remove(allocation);
  surroundings_.counters.allocations.set(static_cast<std::int64_t>(allocations_.size()));
}

}  // namespace avedge::turn
