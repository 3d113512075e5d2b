#include "signaling-shim/anchor/stream_media.h"

#include <algorithm>

#include "signaling-shim/anchor/bounded_lists.h"

namespace avedge::anchor {
namespace {

using candidate::Candidate;
using candidate::Carrier;
using candidate::Flavour;
using candidate::kRtcpComponent;
using candidate::kRtpComponent;

/// RFC 4145 §4.1 and RFC 6544 §4.5: the port of a party that only connects.
constexpr Port kDiscardPort{9};

bool is_place(const Endpoint& endpoint) {
  return is_unicast(endpoint.address) && endpoint.port != Port{} && endpoint.port != kDiscardPort;
}

void add_place(StreamMedia& streams, const TcpEndpoint& endpoint) {
  if (is_place(endpoint.at)) add_once(streams.endpoints, endpoint, kMaxTcpEndpoints);
}

/// The party's endpoint according to the m= line itself.
void read_line(const sdp::View& view, const sdp::Media& media, StreamMedia& streams) {
  const auto& address = view.connection_of(media)->ip;
  const bool is_ice06 = streams.grammar == candidate::StreamGrammar::ice06;
  TcpEndpoint endpoint{{}, kRtpComponent, is_ice06 ? Flavour::ice06 : Flavour::ice19, true};
  if (!address) return;
  endpoint.at = {*address, media.port};
  add_place(streams, endpoint);
  if (media.profile != sdp::Profile::framed_rtp) return;
  endpoint.component = kRtcpComponent;
  if (media.rtcp) {
    const bool has_address = media.rtcp->address && media.rtcp->address->ip;
    endpoint.at = {has_address ? *media.rtcp->address->ip : *address, media.rtcp->port};
  } else if (!media.offers(Carrier::tcp) && media.port.number() < 65535) {
    endpoint.at.port =
        media.port == kDiscardPort ? kDiscardPort : media.port.next();  // RFC 4571 §5
  }
  add_place(streams, endpoint);
}

void read_candidate(const Candidate& candidate, StreamMedia& streams) {
  if (candidate.ip) {
    add_place(streams, {{*candidate.ip, candidate.port_number},
                        candidate.component,
                        candidate.flavour,
                        candidate.stream_role != candidate::StreamRole::active});
  }
  if (auto credentials = candidate::ice06_credentials(candidate)) {
    add_once(streams.ice06, *std::move(credentials), candidate::kMaxIce06Ids);
  }
}

/// The grammar of the party's TCP candidates, if any.
void read_grammar(const sdp::Media& media, StreamMedia& streams) {
  for (const sdp::CandidateLine& line : media.candidates) {
    if (!line.candidate || line.candidate->carrier != Carrier::tcp) continue;
    streams.grammar = candidate::stream_grammar_of(*line.candidate);
    return;
  }
}

bool has_connection_for_rtcp(const sdp::Media& media, const StreamMedia& streams) {
  if (!media.offers(Carrier::tcp)) {
    return media.profile == sdp::Profile::framed_rtp &&
           !(media.rtcp && media.rtcp->port == media.port);
  }
  const auto has_one_for_both = [&](const TcpEndpoint& endpoint) {
    return endpoint.component == kRtcpComponent &&
           std::any_of(streams.endpoints.begin(), streams.endpoints.end(),
                       [&](const TcpEndpoint& other) {
                         return other.component == kRtpComponent && other.at == endpoint.at;
                       });
  };
  return media.offers(kRtcpComponent, Carrier::tcp) &&
         std::none_of(streams.endpoints.begin(), streams.endpoints.end(), has_one_for_both);
}

}  // namespace

StreamMedia StreamMedia::from(const sdp::View& view, const sdp::Media& media) {
  StreamMedia streams;
  if (!media.uses_streams() && !media.offers(Carrier::tcp)) return streams;
  streams.kind = Kind::own;
  read_grammar(media, streams);
  if (media.uses_streams()) read_line(view, media, streams);
  for (const sdp::CandidateLine& line : media.candidates) {
    const bool is_stream = line.candidate && line.candidate->carrier == Carrier::tcp;
    if (is_stream) read_candidate(*line.candidate, streams);
  }
  streams.has_rtcp = has_connection_for_rtcp(media, streams);
  return streams;
}

bool StreamMedia::is_written_in(Flavour flavour) const {
  const bool is_ice06 = flavour == Flavour::ice06;
  if (kind != Kind::own) return false;
  if ((grammar == candidate::StreamGrammar::ice06) == is_ice06) return true;
  return std::any_of(endpoints.begin(), endpoints.end(),
                     [&](const TcpEndpoint& endpoint) { return endpoint.flavour == flavour; });
}

Endpoint StreamMedia::endpoint_of(std::uint16_t component) const {
  Endpoint found;
  for (const TcpEndpoint& endpoint : endpoints) {
    if (endpoint.component != component) continue;
    if (endpoint.accepts) return endpoint.at;
    if (found.port == Port{}) found = endpoint.at;
  }
  return found;
}

void StreamMedia::add_alternative(const StreamMedia& other) {
  if (other.kind == Kind::none) return;
  StreamMedia merged = other;
  merged.has_rtcp = has_rtcp || other.has_rtcp;
  for (const TcpEndpoint& endpoint : endpoints)
    add_once(merged.endpoints, endpoint, kMaxTcpEndpoints);
  for (const auto& credentials : ice06) {
    add_once(merged.ice06, credentials, candidate::kMaxIce06Ids);
  }
  *this = std::move(merged);
}

void StreamMedia::move_to(const IpAddress& source, bool has_line_of_its_own) {
  const bool has_place = has_line_of_its_own && !endpoints.empty();
  endpoints.resize(has_place ? 1 : 0);
  if (has_place) endpoints.front().at.address = source;
}

}  // namespace avedge::anchor
