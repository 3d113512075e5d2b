#include "signaling-shim/sdp/parser.h"

#include <array>

#include "ice/candidate/tokens.h"

namespace avedge::sdp {
namespace {

using candidate::Tokens;
using text::equals_ignoring_case;
using text::trimmed;

/// "IN IP4 192.0.2.1": the end of o=, c= and a=rtcp.
std::optional<NetAddress> read_net_address(Tokens tokens) {
  const std::string_view network = tokens.next();
  NetAddress read{tokens.next(), tokens.next(), {}};
  const bool is_ip =
      equals_ignoring_case(read.type, "IP4") || equals_ignoring_case(read.type, "IP6");
  if (!equals_ignoring_case(network, "IN") || !is_ip || read.text.empty() ||
      !tokens.next().empty()) {
    return std::nullopt;
  }
  read.ip = IpAddress::parse(read.text.substr(0, read.text.find('/')));
  return read;
}

constexpr std::array<std::pair<std::string_view, Profile>, 24> kProfiles{{
    {"RTP/AVP", Profile::rtp},
    {"RTP/SAVP", Profile::rtp},
    {"RTP/AVPF", Profile::rtp},
    {"RTP/SAVPF", Profile::rtp},
    {"UDP/TLS/RTP/SAVP", Profile::rtp},
    {"UDP/TLS/RTP/SAVPF", Profile::rtp},
    {"udptl", Profile::datagram},
    {"UDP/TLS/UDPTL", Profile::datagram},
    {"UDP/DTLS/SCTP", Profile::datagram},
    {"DTLS/SCTP", Profile::datagram},
    {"udp", Profile::datagram},
    {"TCP/RTP/AVP", Profile::framed_rtp},
    {"TCP/RTP/SAVP", Profile::framed_rtp},
    {"TCP/RTP/AVPF", Profile::framed_rtp},
    {"TCP/RTP/SAVPF", Profile::framed_rtp},
    {"TCP/TLS/RTP/AVP", Profile::framed_rtp},
    {"TCP/DTLS/RTP/SAVP", Profile::framed_rtp},
    {"TCP/DTLS/RTP/SAVPF", Profile::framed_rtp},
    {"TCP", Profile::stream},
    {"TCP/TLS", Profile::stream},
    {"TCP/BFCP", Profile::stream},
    {"TCP/TLS/BFCP", Profile::stream},
    {"TCP/DTLS/BFCP", Profile::stream},
    {"TCP/DTLS/SCTP", Profile::stream},
}};

Profile profile_of(std::string_view protocol) {
  for (const auto& [name, profile] : kProfiles) {
    if (equals_ignoring_case(protocol, name)) return profile;
  }
  return Profile::other;
}

}  // namespace

Verdict<View> Parser::run() {
  if (rest_.size() > kMaxSize) return DropReason::sdp_unsupported;
  if (rest_.find('\0') != std::string_view::npos) return DropReason::sdp_malformed;
  const std::size_t first_end = rest_.find('\n');
  if (first_end != std::string_view::npos && (first_end == 0 || rest_[first_end - 1] != '\r')) {
    view_.line_end_ = "\n";
  }
  for (std::size_t lines = 0; !rest_.empty(); ++lines) {
    if (lines == kMaxLines) return DropReason::sdp_unsupported;
    if (const Step step = read(take_line()); !step) return step.reason();
  }
  if (const Step step = check_complete(); !step) return step.reason();
  return std::move(view_);
}

Line Parser::take_line() {
  const std::size_t end = rest_.find('\n');
  Line line;
  line.whole = rest_.substr(0, end == std::string_view::npos ? end : end + 1);
  line.text = rest_.substr(0, end);
  if (!line.text.empty() && line.text.back() == '\r') line.text.remove_suffix(1);
  rest_.remove_prefix(line.whole.size());
  return line;
}

Parser::Step Parser::read(const Line& line) {
  if (line.text.find('\r') != std::string_view::npos) return DropReason::sdp_malformed;
  if (trimmed(line.text).empty()) return {};  // blank lines behind the last one are common
  if (line.text.size() < 2 || line.text[1] != '=') return DropReason::sdp_malformed;
  if (Media* media = section()) {
    if (line.text[0] == 'i') media->head = line;
    if (std::string_view{"icbk"}.find(line.text[0]) != std::string_view::npos) {
      media->preamble = line;
    }
  }
  switch (line.text[0]) {
    case 'o': return read_origin(line.text.substr(2));
    case 'c': return read_connection(line.text.substr(2));
    case 'm': return read_media(line);
    case 'a': return read_attribute(line);
    default: return {};
  }
}

Parser::Step Parser::read_origin(std::string_view value) {
  if (view_.origin_ || section() != nullptr) return DropReason::sdp_malformed;
  Tokens tokens{value};
  for (int word = 0; word < 3; ++word) tokens.next();  // user name, session id, version
  view_.origin_ = read_net_address(tokens);
  if (!view_.origin_) return DropReason::sdp_malformed;
  return {};
}

Parser::Step Parser::read_connection(std::string_view value) {
  const auto address = read_net_address(Tokens{value});
  if (!address) return DropReason::sdp_malformed;
  Media* media = section();
  (media != nullptr ? media->connections : view_.connections_).push_back(*address);
  return {};
}

Parser::Step Parser::read_media(const Line& line) {
  if (view_.media_.size() == kMaxMedia) return DropReason::sdp_unsupported;
  Tokens tokens{line.text.substr(2)};
  Media media;
  media.line = media.head = media.preamble = line;
  media.kind = tokens.next();
  const std::string_view port = tokens.next();
  media.port_text = port.substr(0, port.find('/'));
  media.port_count = port.substr(media.port_text.size());
  media.protocol = tokens.next();
  media.formats = tokens.rest();
  const auto number = Port::parse(media.port_text);
  if (!number || media.protocol.empty()) return DropReason::sdp_malformed;
  media.port = *number;
  media.profile = profile_of(media.protocol);
  view_.media_.push_back(std::move(media));
  return {};
}

struct Parser::Attribute {
  std::string_view name;
  Step (Parser::*handler)(const Line&, std::string_view);
};

const Parser::Attribute Parser::kAttributes[] = {
    {"candidate", &Parser::on_candidate},
    {"x-candidate-ipv6", &Parser::on_candidate},
    {"remote-candidates", &Parser::on_remote_candidates},
    {"rtcp", &Parser::on_rtcp},
    {"ice-ufrag", &Parser::on_ice_ufrag},
    {"ice-pwd", &Parser::on_ice_password},
    {"ice-mismatch", &Parser::on_ice_mismatch},
    {"ice-lite", &Parser::on_ice_lite},
    {"bundle-only", &Parser::on_bundle_only},
    {"sendrecv", &Parser::on_direction<Direction::sendrecv>},
    {"sendonly", &Parser::on_direction<Direction::sendonly>},
    {"recvonly", &Parser::on_direction<Direction::recvonly>},
    {"inactive", &Parser::on_direction<Direction::inactive>},
    {"alt", &Parser::on_stray},         // candidates of counterpath's and others' early days
    {"altc", &Parser::on_stray},        // RFC 6947: the same address in the other family
    {"oldmediaip", &Parser::on_stray},  // what NAT helpers of other proxies leave behind
    {"oldmediaip6", &Parser::on_stray},
    {"oldmediaport", &Parser::on_stray},
    {"ccap", &Parser::on_stray},           // RFC 7006: another connection to choose from
    {"source-filter", &Parser::on_stray},  // RFC 4570: would admit the party, but not the edge
};

Parser::Step Parser::read_attribute(const Line& line) {
  const std::string_view text = line.text.substr(2);
  const std::size_t colon = text.find(':');
  const std::string_view name = trimmed(text.substr(0, colon));
  const std::string_view value =
      trimmed(colon == std::string_view::npos ? text.substr(text.size()) : text.substr(colon + 1));
  for (const Attribute& attribute : kAttributes) {
    if (equals_ignoring_case(name, attribute.name)) return (this->*attribute.handler)(line, value);
  }
  return {};
}

Parser::Step Parser::on_rtcp(const Line& line, std::string_view value) {
  Media* media = section();
  if (media == nullptr || media->rtcp) return on_stray(line, value);
  Tokens tokens{value};
  Rtcp rtcp;
  rtcp.port_text = tokens.next();
  const auto port = Port::parse(rtcp.port_text);
  if (!port) return DropReason::sdp_malformed;
  rtcp.port = *port;
  if (!Tokens{tokens}.next().empty()) {
    rtcp.address = read_net_address(tokens);
    if (!rtcp.address) return DropReason::sdp_malformed;
  }
  media->rtcp = rtcp;
  return {};
}

Parser::Step Parser::on_candidate(const Line& line, std::string_view value) {
  if (++candidates_ > kMaxCandidates) return DropReason::sdp_unsupported;
  Media* media = section();
  if (media == nullptr) return on_stray(line, value);
  CandidateLine read{line, {}};
  if (auto candidate = candidate::parse(value)) read.candidate = *candidate;
  media->candidates.push_back(read);
  return {};
}

Parser::Step Parser::on_remote_candidates(const Line& line, std::string_view value) {
  Media* media = section();
  if (media == nullptr) return on_stray(line, value);
  media->remote_candidates.push_back({line, value});
  return {};
}

Parser::Step Parser::on_ice_ufrag(const Line&, std::string_view value) {
  Media* media = section();
  (media != nullptr ? media->ice_ufrag : view_.ice_ufrag_) = value;
  return {};
}

Parser::Step Parser::on_ice_password(const Line&, std::string_view value) {
  Media* media = section();
  (media != nullptr ? media->ice_password : view_.ice_password_) = value;
  return {};
}

Parser::Step Parser::on_ice_mismatch(const Line&, std::string_view) {
  if (Media* media = section()) media->has_ice_mismatch = true;
  return {};
}

Parser::Step Parser::on_ice_lite(const Line&, std::string_view) {
  view_.is_ice_lite_ = true;
  return {};
}

Parser::Step Parser::on_stray(const Line& line, std::string_view) {
  Media* media = section();
  (media != nullptr ? media->unsupported_address_lines : view_.unsupported_address_lines_)
      .push_back(line);
  return {};
}

Parser::Step Parser::on_bundle_only(const Line&, std::string_view) {
  if (Media* media = section()) media->is_bundle_only = true;
  return {};
}

template <Direction direction>
Parser::Step Parser::on_direction(const Line&, std::string_view) {
  Media* media = section();
  (media != nullptr ? media->direction : view_.direction_) = direction;
  return {};
}

Parser::Step Parser::check_complete() const {
  for (const Media& media : view_.media_) {
    if (media.is_relayed() && view_.connection_of(media) == nullptr) {
      return DropReason::sdp_malformed;
    }
  }
  return {};
}

}  // namespace avedge::sdp
