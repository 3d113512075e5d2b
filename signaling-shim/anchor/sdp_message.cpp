#include "signaling-shim/anchor/sdp_message.h"

namespace avedge::anchor {
namespace {

std::optional<Endpoint> known(const Endpoint& endpoint) {
  return endpoint.port == Port{} ? std::nullopt : std::optional{endpoint};
}

void move_to(std::optional<sdp::EdgePorts>& ports, const IpAddress& address) {
  if (ports) ports->rtp.address = ports->rtcp.address = address;
}

sdp::RewritePlan far_view(std::size_t sections, const RewrittenDescription& shown,
                          const std::optional<IpAddress>& edge, const PartyTerms& terms) {
  sdp::RewritePlan far;
  far.address = terms.shown_address ? terms.shown_address : edge;
  far.media = shown.ports;
  for (sdp::SectionPorts& ports : far.media) {
    if (!terms.shown_address) continue;
    move_to(ports.datagrams, *terms.shown_address);
    move_to(ports.streams, *terms.shown_address);
  }
  far.receiver.resize(sections);
  for (std::size_t i = 0; i < std::min(sections, shown.receiver.lines.size()); ++i) {
    const MediaLine& own = shown.receiver.lines[i];
    far.receiver[i] = {known(own.rtp),
                       known(own.rtcp),
                       known(own.streams.endpoint_of(candidate::kRtpComponent)),
                       known(own.streams.endpoint_of(candidate::kRtcpComponent)),
                       {}};
    if (i < shown.ports_known_to_sender.size())
      far.receiver[i].ports_known_to_sender = shown.ports_known_to_sender[i];
  }
  return far;
}

}  // namespace

bool only_describes(const DialogMessage& message) {
  if (message.status >= 300) return true;
  switch (Transaction::of(message).method) {
    case Method::invite:
    case Method::ack:
    case Method::prack:
    case Method::update: return false;
    default: return true;
  }
}

Verdict<SdpMessage> SdpMessage::read(const DialogMessage& message) {
  auto bodies = find_sdp(message.content_type, message.body);
  if (!bodies) return bodies.reason();
  SdpMessage read;
  read.body_ = message.body;
  read.source_ = message.source;
  read.terms_ = message.terms;
  read.sized_ = std::move(bodies->sized);
  for (const std::string_view text : bodies->texts) {
    auto view = sdp::View::parse(text);
    if (!view) return view.reason();
    read.views_.push_back(*std::move(view));
  }
  return read;
}

PartyMedia SdpMessage::media(StreamMode streams) const {
  PartyMedia media = PartyMedia::from(views_.front(), source_, terms_, streams);
  for (std::size_t i = 1; i < views_.size(); ++i) {
    media.add_alternative(PartyMedia::from(views_[i], source_, terms_, streams));
  }
  return media;
}

BodyRewrite SdpMessage::show(const RewrittenDescription& shown,
                             const std::optional<IpAddress>& edge, CandidateMode candidates) const {
  return rewrite([&](std::size_t sections) {
    sdp::RewritePlan far = far_view(sections, shown, edge, terms_);
    if (candidates == CandidateMode::add) far.candidates = sdp::Candidates::kept;
    return far;
  });
}

BodyRewrite SdpMessage::show_nowhere() const {
  const Endpoint discard{IpAddress{}, Port{9}};
  return rewrite([&](std::size_t sections) {
    sdp::RewritePlan far;
    far.address = discard.address;
    const sdp::EdgePorts nowhere{discard, {discard.address, discard.port.next()}};
    far.media.assign(sections, {nowhere, sdp::EdgePorts{discard, discard}, {}});
    return far;
  });
}

template <class FarViewOf>
BodyRewrite SdpMessage::rewrite(const FarViewOf& far_view_of) const {
  text::EditList edits{body_};
  for (const sdp::View& view : views_) {
    sdp::rewrite(view, far_view_of(view.media().size()), edits);
  }
  correct_lengths(edits);
  if (edits.empty()) return {};
  return {edits.emit()};
}

/// From the inside out: a length with an extra digit lengthens the enclosing part, too.
void SdpMessage::correct_lengths(text::EditList& edits) const {
  for (const SizedPart& part : sized_) {
    const std::ptrdiff_t growth = edits.growth_of(part.content);
    if (growth == 0) continue;
    const auto size = static_cast<std::ptrdiff_t>(part.content.size()) + growth;
    edits.replace(part.length, std::to_string(size));
  }
}

}  // namespace avedge::anchor
