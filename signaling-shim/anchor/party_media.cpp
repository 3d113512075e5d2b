#include "signaling-shim/anchor/party_media.h"

#include <algorithm>

#include "ice/candidate/tokens.h"
#include "signaling-shim/anchor/bounded_lists.h"

namespace avedge::anchor {
namespace {

void add_address(std::vector<IpAddress>& list, const IpAddress& address) {
  if (is_unicast(address)) add_once(list, address, kMaxSignalledAddresses);
}

void add_candidate(std::vector<Endpoint>& list, const Endpoint& candidate) {
  add_once(list, candidate, kMaxSignalledCandidates);
}

/// Empty unless the address can receive.
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

/// Both components of a candidate have the same id and password.
void add_ice06(MediaLine& line, const candidate::Candidate& candidate) {
  auto credentials = candidate::ice06_credentials(candidate);
  if (!credentials) return;
  auto& known = line.ice06;
  if (std::find(known.begin(), known.end(), *credentials) != known.end()) return;
  const bool is_default = candidate.port_number == line.written.port;
  if (is_default && !known.empty()) {
    known.insert(known.begin(), *std::move(credentials));
  } else {
    known.push_back(*std::move(credentials));
  }
  if (known.size() > candidate::kMaxIce06Ids) known.pop_back();
}

void read_candidates(const sdp::Media& media, MediaLine& line) {
  for (const sdp::CandidateLine& written : media.candidates) {
    if (!written.candidate || written.candidate->carrier != candidate::Carrier::udp) continue;
    if (written.candidate->ip) {
      add_address(line.addresses, *written.candidate->ip);
      add_candidate(line.candidates, {*written.candidate->ip, written.candidate->port_number});
    }
    add_ice06(line, *written.candidate);
  }
}

/// Formats of RTP are payload types (RFC 8866 §5.14).
void read_payload(const sdp::Media& media, MediaLine& line) {
  constexpr std::string_view kDtlsSrtp = "UDP/TLS/";
  line.has_dtls = text::equals_ignoring_case(media.protocol.substr(0, kDtlsSrtp.size()), kDtlsSrtp);
  candidate::Tokens formats{media.formats};
  for (auto word = formats.next(); !word.empty(); word = formats.next()) {
    const auto type = text::parse_number<std::uint8_t>(word);
    if (type && *type < line.payload_types.size()) line.payload_types.set(*type);
  }
}

MediaLine read_line(const sdp::View& view, const sdp::Media& media, StreamMode streams) {
  MediaLine line;
  line.has_datagrams = media.uses_datagrams();
  line.is_relayed = line.has_datagrams || (media.uses_streams() && streams == StreamMode::anchored);
  line.waits_for_bundle = media.waits_for_bundle();
  if (!line.is_relayed) return line;
  line.has_rtcp = media.profile == sdp::Profile::rtp;
  line.direction = view.direction_of(media);
  read_place(view, media, line);
  read_candidates(media, line);
  line.ice_ufrag = view.ice_ufrag_of(media);
  line.ice_password = view.ice_password_of(media);
  line.has_ice_mismatch = media.has_ice_mismatch;
  if (line.has_rtcp) read_payload(media, line);
  if (streams == StreamMode::anchored) line.streams = StreamMedia::from(view, media);
  return line;
}

void apply_place(PartyTerms::Place place, const IpAddress& source, MediaLine& line) {
  if (place == PartyTerms::Place::described || !line.is_relayed || !is_unicast(source)) return;
  if (place == PartyTerms::Place::source) {
    line.addresses.clear();
    line.candidates.clear();
    if (line.rtp.port != Port{}) line.rtp.address = source;
    if (line.rtcp.port != Port{}) line.rtcp.address = source;
    line.streams.move_to(source, !line.has_datagrams);
  }
  add_address(line.addresses, source);
}

bool is_checked_by_ice(const MediaLine& line) {
  return line.has_datagrams && !line.candidates.empty() &&
         (!line.ice_ufrag.empty() || !line.ice06.empty());
}

bool can_be_checked(const MediaLine& line, const StreamMedia& streams) {
  if (!is_checked_by_ice(line)) return false;
  return (!line.ice_ufrag.empty() && streams.is_written_in(candidate::Flavour::ice19)) ||
         (!line.ice06.empty() && streams.is_written_in(candidate::Flavour::ice06));
}

void keep_streams_of(const StreamMedia& before, MediaLine& line) {
  const bool is_silent = line.is_held && line.streams.endpoints.empty();
  const bool stays_converted = before.kind == StreamMedia::Kind::converted &&
                               line.streams.kind == StreamMedia::Kind::none &&
                               is_checked_by_ice(line);
  if (before.kind == StreamMedia::Kind::none) return;
  if (is_silent || stays_converted) line.streams = before;
}

bool says_where(const MediaLine& line) {
  return line.is_relayed && !line.written.address.is_unspecified();
}

void merge(MediaLine& line, const MediaLine& other) {
  if (!other.is_relayed) return;
  MediaLine merged = other;
  if (merged.ice_ufrag.empty()) {
    merged.ice_ufrag = line.ice_ufrag;
    merged.ice_password = line.ice_password;
  }
  if (merged.ice06.empty()) merged.ice06 = line.ice06;
  merged.payload_types |= line.payload_types;
  merged.has_dtls = merged.has_dtls || line.has_dtls;
  merged.streams = line.streams;
  merged.streams.add_alternative(other.streams);
  for (const IpAddress& address : line.addresses) add_address(merged.addresses, address);
  for (const Endpoint& candidate : line.candidates) add_candidate(merged.candidates, candidate);
  line = std::move(merged);
}

}  // namespace

PartyMedia PartyMedia::from(const sdp::View& view, const IpAddress& source, const PartyTerms& terms,
                            StreamMode streams) {
  PartyMedia party;
  party.source = source;
  party.is_ice_lite = view.is_ice_lite();
  party.terms = terms;
  for (const sdp::Media& media : view.media()) {
    party.lines.push_back(read_line(view, media, streams));
    apply_place(terms.place, source, party.lines.back());
  }
  const auto spoken = std::find_if(party.lines.begin(), party.lines.end(), says_where);
  if (spoken != party.lines.end()) party.family = spoken->written.address.family();
  return party;
}

std::size_t PartyMedia::streams() const {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [](const MediaLine& line) { return line.is_relayed; }));
}

void PartyMedia::add_alternative(const PartyMedia& other) {
  if (streams() == 0) family = other.family;
  is_ice_lite = other.is_ice_lite;
  if (lines.size() < other.lines.size()) lines.resize(other.lines.size());
  for (std::size_t i = 0; i < other.lines.size(); ++i) merge(lines[i], other.lines[i]);
}

void PartyMedia::keep_targets_of(const PartyMedia& before) {
  // "0.0.0.0" from an IPv6 party does not determine its family.
  if (!before.lines.empty() && std::none_of(lines.begin(), lines.end(), says_where)) {
    family = before.family;
  }
  for (std::size_t i = 0; i < std::min(lines.size(), before.lines.size()); ++i) {
    const MediaLine& old = before.lines[i];
    MediaLine& line = lines[i];
    keep_streams_of(old.streams, line);
    if (!line.is_held || !old.is_relayed || old.rtp.port == Port{}) continue;
    line.rtp = old.rtp;
    line.rtcp = old.rtcp;
    line.addresses = old.addresses;
    line.candidates = old.candidates;
    if (line.ice_ufrag.empty()) {
      line.ice_ufrag = old.ice_ufrag;
      line.ice_password = old.ice_password;
    }
    if (line.ice06.empty()) line.ice06 = old.ice06;
  }
}

void PartyMedia::convert_streams_of(const PartyMedia& offer) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    MediaLine& line = lines[i];
    if (line.streams.kind == StreamMedia::Kind::own) continue;
    const bool is_offered = line.has_datagrams && offer.stream_kind(i) == StreamMedia::Kind::own;
    const bool is_only_way = is_offered && !offer.lines[i].has_datagrams;
    line.streams = {};
    if (is_only_way || (is_offered && can_be_checked(line, offer.lines[i].streams))) {
      line.streams.kind = StreamMedia::Kind::converted;
    }
  }
}

}  // namespace avedge::anchor
