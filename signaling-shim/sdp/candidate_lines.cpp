#include "signaling-shim/sdp/candidate_lines.h"

#include <array>

#include "ice/candidate/edge_candidate.h"
#include "ice/candidate/remote_candidates.h"

namespace avedge::sdp {
namespace {

using candidate::Candidate;
using candidate::Carrier;

/// Whose foundation (and ICE-06 credentials) the edge's candidate takes: that of the party's
/// default destination, which it is most likely to use; else its first over UDP; else its first.
const Candidate* model_of(const Media& media) {
  const Candidate* first = nullptr;
  const Candidate* first_udp = nullptr;
  for (const CandidateLine& line : media.candidates) {
    if (!line.candidate) continue;
    const Candidate& candidate = *line.candidate;
    const bool is_udp = candidate.carrier == Carrier::udp;
    if (is_udp && candidate.component == candidate::kRtpComponent &&
        candidate.port_number == media.port) {
      return &candidate;
    }
    if (first == nullptr) first = &candidate;
    if (is_udp && first_udp == nullptr) first_udp = &candidate;
  }
  return first_udp != nullptr ? first_udp : first;
}

/// Whether the party has a candidate for `component`; over UDP, if it has any over UDP at all.
bool offers(const Media& media, std::uint16_t component, Carrier carrier) {
  for (const CandidateLine& line : media.candidates) {
    if (line.candidate && line.candidate->component == component &&
        line.candidate->carrier == carrier) {
      return true;
    }
  }
  return false;
}

std::string edge_lines(const Media& media, const EdgePorts& ports, std::string_view line_end) {
  const Candidate* model = model_of(media);
  std::string lines;
  if (model == nullptr) return lines;
  const std::array<std::pair<std::uint16_t, const Endpoint*>, 2> components{
      {{candidate::kRtpComponent, &ports.rtp}, {candidate::kRtcpComponent, &ports.rtcp}}};
  for (const auto& [component, port] : components) {
    if (!offers(media, component, model->carrier)) continue;
    if (!lines.empty()) lines += line_end;
    lines += "a=candidate:" + candidate::edge_candidate(*model, component, *port);
  }
  return lines;
}

const std::optional<Endpoint>& own_port(const ReceiverPorts& receiver, std::uint16_t component) {
  return component == candidate::kRtcpComponent ? receiver.rtcp : receiver.rtp;
}

}  // namespace

void replace_candidates(const Media& media, const EdgePorts* ports, std::string_view line_end,
                        text::EditList& edits) {
  const std::string lines = ports == nullptr ? "" : edge_lines(media, *ports, line_end);
  for (const CandidateLine& line : media.candidates) {
    const bool is_first = &line == &media.candidates.front();
    if (is_first && !lines.empty()) {
      edits.replace(line.line.text, lines);
    } else {
      edits.erase(line.line.whole);
    }
  }
}

void translate_remote_candidates(const Media& media, const ReceiverPorts& receiver,
                                 text::EditList& edits) {
  for (const RemoteCandidatesLine& line : media.remote_candidates) {
    const auto named = candidate::parse_remote_candidates(line.value);
    bool is_known = named.ok() && media.is_relayed();
    if (is_known) {
      for (const candidate::RemoteCandidate& item : *named) {
        is_known = is_known && own_port(receiver, item.component).has_value();
      }
    }
    if (!is_known) {
      edits.erase(line.line.whole);
      continue;
    }
    for (const candidate::RemoteCandidate& item : *named) {
      const Endpoint& own = *own_port(receiver, item.component);
      edits.replace(item.address, own.address.to_string());
      edits.replace(item.port, std::to_string(own.port.number()));
    }
  }
}

}  // namespace avedge::sdp
