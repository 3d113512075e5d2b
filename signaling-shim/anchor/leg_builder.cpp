#include "signaling-shim/anchor/leg_builder.h"

#include "signaling-shim/anchor/bounded_lists.h"

namespace avedge::anchor {
namespace {

using Ice06Ids = std::vector<candidate::Ice06Credentials>;

/// The keys of checks from `mine` to `theirs`, in the flavours that both wrote; in the older one,
/// from one of the candidates `my_ids` to one of `their_ids`.
std::vector<IceCheckKeys> check_keys(const MediaLine& mine, const Ice06Ids& my_ids,
                                     const MediaLine& theirs, const Ice06Ids& their_ids,
                                     std::uint16_t component) {
  std::vector<IceCheckKeys> keys;
  if (!mine.ice_ufrag.empty() && !theirs.ice_ufrag.empty() && !theirs.ice_password.empty()) {
    keys.push_back({theirs.ice_ufrag, theirs.ice_password, mine.ice_ufrag});
  }
  for (const candidate::Ice06Credentials& receiver : their_ids) {
    for (const candidate::Ice06Credentials& sender : my_ids) {
      keys.push_back(
          {ice06_user(receiver, component), receiver.password, ice06_user(sender, component)});
    }
  }
  return keys;
}

/// Of the candidates whose checks pass through a connection.
const Ice06Ids& ids_in_streams(const MediaLine& line) {
  const bool is_converted = line.streams.kind == StreamMedia::Kind::converted;
  return is_converted ? line.ice06 : line.streams.ice06;
}

/// Whether the party that wrote `line` uses candidates of that flavour. An offer may have both in
/// its alternatives, the answer has the accepted one.
bool goes_by(const MediaLine& line, candidate::Flavour flavour) {
  const bool has_ice19 = !line.ice_ufrag.empty();
  const bool has_ice06 = !line.streams.ice06.empty() || !line.ice06.empty();
  if (!has_ice19 && !has_ice06) return true;
  return flavour == candidate::Flavour::ice06 ? has_ice06 : has_ice19;
}

}  // namespace

UdpLeg LegBuilder::udp_leg(Side side, const MediaPort& port) const {
  const MediaLine& mine = line_of(side);
  const MediaLine& theirs = line_of(other(side));
  UdpLeg end;
  end.socket = port.socket();
  end.signalled = component_ == Component::rtp ? mine.rtp : mine.rtcp;
  if (!may_send_to(side, end.signalled, port, Transport::udp)) end.signalled = {};
  end.signalled_addresses = admitted_addresses(side, port, Transport::udp);
  for (const Endpoint& candidate : mine.candidates) {
    if (!factory_.loop_detector.is_anchored({Transport::udp, candidate}))
      end.signalled_candidates.push_back(candidate);
  }
  end.sip_source = state_.party[side].source;
  const PartyTerms& terms = state_.party[side].terms;
  end.latching = latching_of(side);
  end.timing = terms.timing;
  end.rebinding = terms.rebinding;
  end.is_asymmetric = terms.is_asymmetric;
  end.uses_ice = uses_ice();
  end.may_send = mine.sends() && theirs.receives();
  end.payload = payload(side);
  end.ice = check_keys(mine, mine.ice06, theirs, theirs.ice06, number());
  return end;
}

UdpLeg LegBuilder::converted_leg(Side side, const MediaPort& port) const {
  const MediaLine& mine = line_of(side);
  const MediaLine& theirs = line_of(other(side));
  UdpLeg end = udp_leg(side, port);
  end.ice = check_keys(mine, mine.ice06, theirs, theirs.streams.ice06, number());
  return end;
}

TcpLeg LegBuilder::tcp_leg(Side side, const MediaPort& port) const {
  const MediaLine& mine = line_of(side);
  const MediaLine& theirs = line_of(other(side));
  TcpLeg end;
  end.port = port.socket();
  end.passive = passive(side, port);
  end.signalled_addresses = admitted_addresses(side, port, Transport::tcp);
  for (const TcpEndpoint& place : mine.streams.endpoints) {
    if (!may_send_to(side, place.at, port, Transport::tcp)) continue;
    add_once(end.signalled_addresses, place.at.address, kMaxSignalledAddresses);
  }
  end.sip_source = state_.party[side].source;
  end.latching = latching_of(side);
  end.ice = check_keys(mine, ids_in_streams(mine), theirs, ids_in_streams(theirs), number());
  return end;
}

std::uint16_t LegBuilder::number() const {
  return component_ == Component::rtp ? candidate::kRtpComponent : candidate::kRtcpComponent;
}

/// RFC 8839 §4.2.5. Two ICE-lite agents send no checks (RFC 8445 §6.1.1 leaves both passive).
bool LegBuilder::uses_ice() const {
  const auto offers_ice = [this](Side side) {
    const MediaLine& line = line_of(side);
    return !line.ice_ufrag.empty() && !line.ice_password.empty() && !line.has_ice_mismatch;
  };
  const bool has_agent =
      !state_.party[Side::caller].is_ice_lite || !state_.party[Side::callee].is_ice_lite;
  return offers_ice(Side::caller) && offers_ice(Side::callee) && has_agent;
}

/// Of all lines that share the port. A party sends the payload types of the other one's SDP, and
/// may send those of its own (RFC 3264 §6.1 lets the two differ).
LinePayload LegBuilder::payload(Side side) const {
  LinePayload payload;
  if (!line_of(side).has_rtcp) return payload;
  payload.kind = component_ == Component::rtp ? LinePayload::Kind::rtp : LinePayload::Kind::rtcp;
  const PortAssignment& leases = state_.facing[side];
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const bool shares_port =
        leases[i].datagrams != nullptr && leases[i].datagrams == leases[line_].datagrams;
    if (i != line_ && !shares_port) continue;
    for (const Side of : {Side::caller, Side::callee}) {
      if (!state_.party[of].relays(i)) continue;
      const MediaLine& line = state_.party[of].lines[i];
      payload.payload_types |= line.payload_types;
      payload.has_dtls = payload.has_dtls || line.has_dtls;
    }
  }
  return payload;
}

Latching LegBuilder::latching_of(Side side) const {
  return state_.party[side].terms.latching.value_or(latching_);
}

/// Whether the other party's media may be sent to the party's SDP address: it must have our
/// interface's family and pass MediaTargets. Otherwise the party can still be latched.
bool LegBuilder::may_send_to(Side side, const Endpoint& signalled, const MediaPort& port,
                             Transport transport) const {
  const IpAddress& ours = port.local().address;
  if (signalled.address.family() != ours.family() || signalled.port == Port{}) return false;
  const TargetParty party{ours, state_.party[side].source, transport};
  return factory_.targets.judge(signalled, party) == TargetVerdict::admitted;
}

/// Addresses for latching the party: self-declared ones only where media might be sent, too.
std::vector<IpAddress> LegBuilder::admitted_addresses(Side side, const MediaPort& port,
                                                      Transport transport) const {
  const MediaLine& mine = line_of(side);
  std::vector<IpAddress> admitted;
  for (const IpAddress& address : mine.addresses) {
    const bool is_source = address == state_.party[side].source;
    const Endpoint place{address, mine.written.port};
    if (is_source || may_send_to(side, place, port, transport)) admitted.push_back(address);
  }
  return admitted;
}

std::vector<Endpoint> LegBuilder::passive(Side side, const MediaPort& port) const {
  std::vector<Endpoint> list;
  for (const TcpEndpoint& place : line_of(side).streams.endpoints) {
    const bool is_wanted = place.accepts && place.component == number() &&
                           goes_by(line_of(other(side)), place.flavour);
    if (is_wanted && may_send_to(side, place.at, port, Transport::tcp))
      add_once(list, place.at, kMaxDialled);
  }
  return list;
}

}  // namespace avedge::anchor
