#include "signaling-shim/anchor/party_media.h"

#include <algorithm>

namespace avedge::anchor {
namespace {

/// Multicast and broadcast are nobody's own address: an edge that sent there would be a weapon.
bool is_unicast(const IpAddress& address) {
  const auto first = std::to_integer<unsigned>(address.bytes()[0]);
  return !address.is_unspecified() && (address.is_v4() ? first < 224 : first != 0xff);
}

void add_address(std::vector<IpAddress>& list, const IpAddress& address) {
  if (list.size() == kMaxSignalledAddresses || !is_unicast(address)) return;
  if (std::find(list.begin(), list.end(), address) == list.end()) list.push_back(address);
}

/// Nowhere, unless somebody can receive there.
Endpoint target_at(const std::optional<IpAddress>& address, Port port) {
  if (!address || !is_unicast(*address) || port == Port{}) return {};
  return {*address, port};
}

Port default_rtcp_port(Port rtp) {
  return rtp.number() == 65535 ? Port{} : rtp.next();
}

void read_place(const sdp::View& view, const sdp::Media& media, MediaLine& line) {
  const sdp::NetAddress& connection = *view.connection_of(media);
  line.written = {connection.ip.value_or(IpAddress{}), media.port};
  line.is_held = connection.is_held() || view.direction_of(media) == sdp::Direction::inactive;
  line.rtp = target_at(connection.ip, media.port);
  auto rtcp_address = connection.ip;
  if (media.rtcp && media.rtcp->address) rtcp_address = media.rtcp->address->ip;
  line.rtcp =
      target_at(rtcp_address, media.rtcp ? media.rtcp->port : default_rtcp_port(media.port));
  if (connection.ip) add_address(line.addresses, *connection.ip);
  if (rtcp_address) add_address(line.addresses, *rtcp_address);
}

MediaLine read_line(const sdp::View& view, const sdp::Media& media) {
  MediaLine line;
  line.is_relayed = media.is_relayed();
  if (!line.is_relayed) return line;
  line.has_rtcp = media.profile == sdp::Profile::rtp;
  line.is_two_way = view.direction_of(media) == sdp::Direction::sendrecv;
  read_place(view, media, line);
  for (const sdp::CandidateLine& candidate : media.candidates) {
    if (candidate.candidate && candidate.candidate->carrier == candidate::Carrier::udp &&
        candidate.candidate->ip) {
      add_address(line.addresses, *candidate.candidate->ip);
    }
  }
  line.ice_ufrag = view.ice_ufrag_of(media);
  line.ice_password = view.ice_password_of(media);
  return line;
}

void apply_place(PartyTerms::Place place, const IpAddress& source, MediaLine& line) {
  if (place == PartyTerms::Place::described || !line.is_relayed || !is_unicast(source)) return;
  if (place == PartyTerms::Place::source) {
    line.addresses.clear();
    if (line.rtp.port != Port{}) line.rtp.address = source;
    if (line.rtcp.port != Port{}) line.rtcp.address = source;
  }
  add_address(line.addresses, source);
}

void merge(MediaLine& line, const MediaLine& other) {
  if (!other.is_relayed) return;
  MediaLine merged = other;
  if (merged.ice_ufrag.empty()) {
    merged.ice_ufrag = line.ice_ufrag;
    merged.ice_password = line.ice_password;
  }
  for (const IpAddress& address : line.addresses) add_address(merged.addresses, address);
  line = std::move(merged);
}

}  // namespace

PartyMedia PartyMedia::from(const sdp::View& view, const IpAddress& source,
                            const PartyTerms& terms) {
  PartyMedia party;
  party.source = source;
  party.terms = terms;
  bool has_family = false;
  for (const sdp::Media& media : view.media()) {
    party.lines.push_back(read_line(view, media));
    apply_place(terms.place, source, party.lines.back());
    if (party.lines.back().is_relayed && !has_family) {
      party.family = party.lines.back().written.address.family();
      has_family = true;
    }
  }
  return party;
}

std::size_t PartyMedia::streams() const {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [](const MediaLine& line) { return line.is_relayed; }));
}

void PartyMedia::add_alternative(const PartyMedia& other) {
  if (streams() == 0) family = other.family;
  if (lines.size() < other.lines.size()) lines.resize(other.lines.size());
  for (std::size_t i = 0; i < other.lines.size(); ++i) merge(lines[i], other.lines[i]);
}

void PartyMedia::keep_targets_of(const PartyMedia& before) {
  for (std::size_t i = 0; i < std::min(lines.size(), before.lines.size()); ++i) {
    const MediaLine& old = before.lines[i];
    MediaLine& line = lines[i];
    if (!line.is_held || !old.is_relayed || old.rtp.port == Port{}) continue;
    line.rtp = old.rtp;
    line.rtcp = old.rtcp;
    line.addresses = old.addresses;
    if (line.ice_ufrag.empty()) {
      line.ice_ufrag = old.ice_ufrag;
      line.ice_password = old.ice_password;
    }
  }
}

}  // namespace avedge::anchor
