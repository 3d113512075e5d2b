#include "signaling-shim/anchor/offer.h"

#include <algorithm>

namespace avedge::anchor {
namespace {

Method method_of(std::string_view name) {
  if (name == "INVITE") return Method::invite;
  if (name == "ACK") return Method::ack;
  if (name == "PRACK") return Method::prack;
  if (name == "UPDATE") return Method::update;
  if (name == "BYE") return Method::bye;
  if (name == "CANCEL") return Method::cancel;
  return Method::other;
}

}  // namespace

Transaction Transaction::of(const DialogMessage& message) {
  const Side requester = message.status == 0 ? message.sender : other(message.sender);
  return {requester, method_of(message.method), message.cseq};
}

RewrittenDescription RewrittenDescription::of(const PerSide<PortAssignment>& facing, Side from,
                                              const PartyMedia& media, const PartyMedia& receiver) {
  using Kind = StreamMedia::Kind;
  const PortAssignment& shown_to = facing[other(from)];
  RewrittenDescription shown{names_of(shown_to), receiver, names_of(facing[from])};
  for (std::size_t i = 0; i < shown.ports.size(); ++i) {
    if (!media.relays(i) || !receiver.relays(i)) continue;
    sdp::SectionPorts& ports = shown.ports[i];
    const bool is_converted = media.stream_kind(i) == Kind::converted && facing[from][i].converters;
    const bool is_for_converted =
        receiver.stream_kind(i) == Kind::converted && shown_to[i].converters;
    if (is_converted) ports.accepts_for_sender = receiver.lines[i].streams.grammar;
    ports.converts_line = (is_converted || is_for_converted) &&
                          media.lines[i].has_datagrams != receiver.lines[i].has_datagrams;
    if (ports.converts_line && is_for_converted)
      ports.datagrams = names_of(*shown_to[i].converters);
  }
  return shown;
}

Verdict<Offer> Offer::make(Side from, const Transaction& carrier, PartyMedia media,
                           const PerSide<PortAssignment>& held, const PartyMedia& receiver,
                           CallPorts& ports) {
  Offer offer;
  offer.from = from;
  offer.carrier = carrier;
  for (const Side side : {from, other(from)}) {
    PortAllocator& lessor = ports.facing(side);
    AddressFamily family = media.family;
    if (side != from) {
      family = receiver.lines.empty() ? lessor.usual_family().value_or(family) : receiver.family;
      family = media.terms.receiver_family.value_or(family);
    }
    auto leases = lessor.fit(held[side], media, family);
    if (!leases) return leases.reason();
    offer.facing[side] = *std::move(leases);
  }
  offer.shown = RewrittenDescription::of(offer.facing, from, media, receiver);
  offer.media = std::move(media);
  return offer;
}

}  // namespace avedge::anchor
