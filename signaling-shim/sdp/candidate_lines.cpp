#include "signaling-shim/sdp/candidate_lines.h"

#include <algorithm>
#include <array>

#include "ice/candidate/edge_candidate.h"
#include "ice/candidate/remote_candidates.h"
#include "signaling-shim/sdp/stream_lines.h"

namespace avedge::sdp {
namespace {

using candidate::Candidate;
using candidate::Carrier;

/// Whose foundation (and ICE-06 credentials) the edge's candidate over UDP takes: that of the
/// party's default destination, which it is most likely to use; else its first over UDP. A party
/// with none over UDP and an edge without TCP for it: its first. Null if the edge shows none.
const Candidate* model_of(const Media& media, const SectionPorts& ports) {
  if (media.uses_datagrams() == ports.converts_line) return nullptr;
  if (ports.converts_line) return likeliest(media, Carrier::tcp);
  if (const Candidate* udp = likeliest(media, Carrier::udp)) return udp;
  return ports.streams ? nullptr : likeliest(media, std::nullopt);
}

std::array<std::pair<std::uint16_t, const Endpoint*>, 2> components_of(const EdgePorts& ports) {
  return {{{candidate::kRtpComponent, &ports.rtp}, {candidate::kRtcpComponent, &ports.rtcp}}};
}

/// The values of the edge's candidate lines over UDP.
std::vector<std::string> datagram_lines(const Media& media, const SectionPorts& ports) {
  std::vector<std::string> lines;
  const Candidate* model = model_of(media, ports);
  if (model == nullptr) return lines;
  for (const auto& [component, port] : components_of(*ports.datagrams)) {
    if (!media.offers(component, model->carrier)) continue;
    lines.push_back(candidate::edge_candidate(*model, component, *port));
  }
  return lines;
}

std::string joined(const std::vector<std::string>& values, std::string_view line_end) {
  std::string text;
  for (const std::string& value : values) {
    if (!text.empty()) text += line_end;
    text += "a=candidate:" + value;
  }
  return text;
}

void replace_all(const Media& media, const CandidatePlan& plan, text::EditList& edits) {
  std::vector<std::string> values;
  if (plan.ports != nullptr) {
    values = datagram_lines(media, *plan.ports);
    for (std::string& value : stream_lines(media, *plan.ports, candidate::Standing::alone)) {
      values.push_back(std::move(value));
    }
  }
  const std::string lines = joined(values, plan.line_end);
  for (const CandidateLine& line : media.candidates) {
    const bool is_first = &line == &media.candidates.front();
    if (is_first && !lines.empty()) {
      edits.replace(line.line.text, lines);
    } else {
      edits.erase(line.line.whole);
    }
  }
}

/// ICE-06: the lines of `model`, over its carrier, name the edge; no id can be added that the party
/// knows.
void replace_model(const Media& media, const Candidate& model, const EdgePorts& ports,
                   text::EditList& edits) {
  for (const CandidateLine& line : media.candidates) {
    if (!line.candidate || line.candidate->foundation != model.foundation) continue;
    if (line.candidate->carrier != model.carrier) continue;
    for (const auto& [component, port] : components_of(ports)) {
      if (line.candidate->component != component) continue;
      edits.replace(line.candidate->address, port->address.to_string());
      edits.replace(line.candidate->port, std::to_string(port->port.number()));
    }
  }
}

void replace_models(const Media& media, const SectionPorts& ports, text::EditList& edits) {
  const Candidate* datagrams = likeliest(media, Carrier::udp);
  if (datagrams != nullptr && ports.datagrams && media.uses_datagrams()) {
    replace_model(media, *datagrams, *ports.datagrams, edits);
  }
  const Candidate* streams = likeliest(media, Carrier::tcp);
  if (streams != nullptr && ports.streams) replace_model(media, *streams, *ports.streams, edits);
}

void add_edge(const Media& media, const CandidatePlan& plan, text::EditList& edits) {
  std::vector<std::string> values;
  if (const Candidate* model = model_of(media, *plan.ports)) {
    const std::string foundation = unused_foundation(media, "9");
    for (const auto& [component, port] : components_of(*plan.ports->datagrams)) {
      if (!media.offers(component, model->carrier)) continue;
      values.push_back(candidate::added_candidate(foundation, component, *port));
    }
  }
  for (std::string& value : stream_lines(media, *plan.ports, candidate::Standing::beside)) {
    values.push_back(std::move(value));
  }
  if (values.empty()) return;
  edits.insert_after(media.candidates.back().line.text,
                     std::string{plan.line_end} + joined(values, plan.line_end));
}

/// The endpoint that the receiver knows as its own: nothing if the sender's word for it is unknown.
/// What was chosen is over TCP where the receiver's m= line is.
std::optional<Endpoint> translated(const Media& media, const candidate::RemoteCandidate& named,
                                   const ReceiverEndpoints& receiver, const CandidatePlan& plan) {
  const bool is_rtcp = named.component == candidate::kRtcpComponent;
  const bool is_over_tcp = media.uses_streams() != plan.converts_line();
  const auto& datagram = is_rtcp ? receiver.rtcp : receiver.rtp;
  const auto& stream = is_rtcp ? receiver.stream_rtcp : receiver.stream;
  const auto& own = is_over_tcp ? stream : datagram;
  if (plan.replaces_all()) return own;
  const auto address = IpAddress::parse(named.address);
  const auto port = Port::parse(named.port);
  if (!address || !port) return std::nullopt;
  const Endpoint said{*address, *port};
  const auto& seen = receiver.ports_known_to_sender.of_line(is_over_tcp);
  const bool is_edge = seen && said == (is_rtcp ? seen->rtcp : seen->rtp);
  return is_edge ? own : std::optional{said};
}

}  // namespace

void rewrite_candidates(const Media& media, const CandidatePlan& plan, text::EditList& edits) {
  if (plan.replaces_all()) return replace_all(media, plan, edits);
  const Candidate* first = likeliest(media, std::nullopt);
  if (plan.ports == nullptr || first == nullptr) return;
  if (first->flavour == candidate::Flavour::ice06) {
    replace_models(media, *plan.ports, edits);
  } else {
    add_edge(media, plan, edits);
  }
}

void translate_remote_candidates(const Media& media, const ReceiverEndpoints& receiver,
                                 const CandidatePlan& plan, text::EditList& edits) {
  for (const RemoteCandidatesLine& line : media.remote_candidates) {
    const auto named = candidate::parse_remote_candidates(line.value);
    const bool is_known =
        named.ok() && plan.ports != nullptr &&
        std::all_of(named->begin(), named->end(), [&](const candidate::RemoteCandidate& item) {
          return translated(media, item, receiver, plan).has_value();
        });
    if (!is_known) {
      edits.erase(line.line.whole);
      continue;
    }
    for (const candidate::RemoteCandidate& item : *named) {
      const Endpoint own = *translated(media, item, receiver, plan);
      edits.replace(item.address, own.address.to_string());
      edits.replace(item.port, std::to_string(own.port.number()));
    }
  }
}

}  // namespace avedge::sdp
