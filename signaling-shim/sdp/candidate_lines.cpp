#include "signaling-shim/sdp/candidate_lines.h"

#include <algorithm>
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

std::array<std::pair<std::uint16_t, const Endpoint*>, 2> components_of(const EdgePorts& ports) {
  return {{{candidate::kRtpComponent, &ports.rtp}, {candidate::kRtcpComponent, &ports.rtcp}}};
}

std::string edge_lines(const Media& media, const EdgePorts& ports, std::string_view line_end) {
  const Candidate* model = model_of(media);
  std::string lines;
  if (model == nullptr) return lines;
  for (const auto& [component, port] : components_of(ports)) {
    if (!offers(media, component, model->carrier)) continue;
    if (!lines.empty()) lines += line_end;
    lines += "a=candidate:" + candidate::edge_candidate(*model, component, *port);
  }
  return lines;
}

void replace_all(const Media& media, const CandidatePlan& plan, text::EditList& edits) {
  const std::string lines =
      plan.ports == nullptr ? "" : edge_lines(media, *plan.ports, plan.line_end);
  for (const CandidateLine& line : media.candidates) {
    const bool is_first = &line == &media.candidates.front();
    if (is_first && !lines.empty()) {
      edits.replace(line.line.text, lines);
    } else {
      edits.erase(line.line.whole);
    }
  }
}

/// ICE-06: the lines of `model`, over UDP, name the edge; no id can be added that the party knows.
void replace_model(const Media& media, const Candidate& model, const EdgePorts& ports,
                   text::EditList& edits) {
  for (const CandidateLine& line : media.candidates) {
    if (!line.candidate || line.candidate->foundation != model.foundation) continue;
    for (const auto& [component, port] : components_of(ports)) {
      if (line.candidate->component != component) continue;
      edits.replace(line.candidate->address, port->address.to_string());
      edits.replace(line.candidate->port, std::to_string(port->port.number()));
    }
  }
}

/// The shortest row of nines that none of the party's candidates is called by.
std::string unused_foundation(const Media& media) {
  const auto is_used = [&](const std::string& name) {
    return std::any_of(media.candidates.begin(), media.candidates.end(), [&](const auto& line) {
      return line.candidate && line.candidate->foundation == name;
    });
  };
  std::string name = "99";
  while (is_used(name)) name += '9';
  return name;
}

void add_edge(const Media& media, const Candidate& model, const CandidatePlan& plan,
              text::EditList& edits) {
  const std::string foundation = unused_foundation(media);
  std::string lines;
  for (const auto& [component, port] : components_of(*plan.ports)) {
    if (!offers(media, component, model.carrier)) continue;
    lines += std::string{plan.line_end} +
             "a=candidate:" + candidate::added_candidate(foundation, component, *port);
  }
  edits.insert_after(media.candidates.back().line.text, lines);
}

/// The endpoint that the receiver knows as its own: nothing if the sender's word for it is unknown.
std::optional<Endpoint> translated(const candidate::RemoteCandidate& named,
                                   const ReceiverPorts& receiver, Candidates candidates) {
  const bool is_rtcp = named.component == candidate::kRtcpComponent;
  const auto& own = is_rtcp ? receiver.rtcp : receiver.rtp;
  if (candidates == Candidates::replaced) return own;
  const auto address = IpAddress::parse(named.address);
  const auto port = Port::parse(named.port);
  if (!address || !port) return std::nullopt;
  const Endpoint said{*address, *port};
  const bool is_edge =
      receiver.as_seen && said == (is_rtcp ? receiver.as_seen->rtcp : receiver.as_seen->rtp);
  return is_edge ? own : std::optional{said};
}

}  // namespace

void rewrite_candidates(const Media& media, const CandidatePlan& plan, text::EditList& edits) {
  if (plan.candidates == Candidates::replaced) return replace_all(media, plan, edits);
  const Candidate* model = model_of(media);
  if (plan.ports == nullptr || model == nullptr) return;
  if (model->flavour == candidate::Flavour::ice06) {
    if (model->carrier != Carrier::udp) return;
    replace_model(media, *model, *plan.ports, edits);
  } else {
    add_edge(media, *model, plan, edits);
  }
}

void translate_remote_candidates(const Media& media, const ReceiverPorts& receiver,
                                 Candidates candidates, text::EditList& edits) {
  for (const RemoteCandidatesLine& line : media.remote_candidates) {
    const auto named = candidate::parse_remote_candidates(line.value);
    const bool is_known =
        named.ok() && media.is_relayed() &&
        std::all_of(named->begin(), named->end(), [&](const candidate::RemoteCandidate& item) {
          return translated(item, receiver, candidates).has_value();
        });
    if (!is_known) {
      edits.erase(line.line.whole);
      continue;
    }
    for (const candidate::RemoteCandidate& item : *named) {
      const Endpoint own = *translated(item, receiver, candidates);
      edits.replace(item.address, own.address.to_string());
      edits.replace(item.port, std::to_string(own.port.number()));
    }
  }
}

}  // namespace avedge::sdp
