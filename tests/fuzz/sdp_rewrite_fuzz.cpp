#include <cstdint>
#include <cstdlib>

#include "signaling-shim/sdp/rewrite.h"

namespace sdp = avedge::sdp;

namespace {

bool is_relayed_alike(const sdp::View& one, const sdp::View& other) {
  if (one.media().size() != other.media().size()) return false;
  for (std::size_t i = 0; i < one.media().size(); ++i) {
    if (one.media()[i].is_relayed() != other.media()[i].is_relayed()) return false;
  }
  return true;
}

/// Kept candidates are all there, and for each component at most one more over UDP and two over
/// TCP.
void check_kept(const sdp::View& view, sdp::RewritePlan far) {
  far.candidates = sdp::Candidates::kept;
  const std::string out = sdp::rewrite(view, far);
  if (out.size() > sdp::kMaxSize) return;
  const auto again = sdp::View::parse(out);
  if (!again && again.reason() == avedge::DropReason::sdp_unsupported) return;  // one too many
  if (!again || !is_relayed_alike(view, *again)) std::abort();
  for (std::size_t i = 0; i < view.media().size(); ++i) {
    const std::size_t before = view.media()[i].candidates.size();
    const std::size_t after = again->media()[i].candidates.size();
    if (after < before || after > before + 6) std::abort();
  }
}

/// Sections that change their carrier parse again.
void check_converted(const sdp::View& view, sdp::RewritePlan far) {
  for (sdp::SectionPorts& section : far.media) section.converts_line = true;
  const std::string out = sdp::rewrite(view, far);
  if (out.size() > sdp::kMaxSize) return;
  const auto again = sdp::View::parse(out);
  if (!again && again.reason() != avedge::DropReason::sdp_unsupported) std::abort();
}

}  // namespace

// What was rewritten parses again, has the same sections, and every relayed one is on the edge.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto view = sdp::View::parse(text);
  if (!view) return 0;
  const avedge::IpAddress edge = avedge::IpAddress::v4(198, 51, 100, 7);
  const avedge::Endpoint rtp{edge, avedge::Port{50000}};
  const avedge::Endpoint rtcp{edge, avedge::Port{50001}};
  sdp::RewritePlan far;
  far.address = edge;
  const sdp::EdgePorts ports{rtp, rtcp};
  const auto grammar = avedge::candidate::StreamGrammar::ms_ice2;
  far.media.assign(view->media().size(), sdp::SectionPorts{ports, ports, grammar});
  far.receiver.assign(view->media().size(), sdp::ReceiverEndpoints{rtp, rtcp, rtp, rtcp, {}});
  check_kept(*view, far);
  check_converted(*view, far);
  const std::string out = sdp::rewrite(*view, far);

  if (out.size() > sdp::kMaxSize) return 0;
  const auto again = sdp::View::parse(out);
  if (!again || !is_relayed_alike(*view, *again)) std::abort();
  for (std::size_t i = 0; i < again->media().size(); ++i) {
    const sdp::Media& media = again->media()[i];
    for (const sdp::CandidateLine& line : media.candidates) {
      if (!line.candidate || line.candidate->ip != edge) std::abort();
    }
    if (!media.is_relayed()) continue;
    const sdp::NetAddress& place = *again->connection_of(media);
    if (media.port != rtp.port || (place.ip != edge && !place.is_held())) std::abort();
  }
  return 0;
}
