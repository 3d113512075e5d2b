#include "signaling-shim/sdp/stream_lines.h"

#include <algorithm>

namespace avedge::sdp {
namespace {

using candidate::Candidate;
using candidate::Carrier;
using candidate::kRtcpComponent;
using candidate::kRtpComponent;
using candidate::Standing;
using candidate::StreamGrammar;
using candidate::StreamRole;
using candidate::StreamStyle;

/// The first over TCP of the party's that has `role`; null if there is none.
const Candidate* first_with(const Media& media, StreamRole role) {
  for (const CandidateLine& line : media.candidates) {
    const auto& candidate = line.candidate;
    if (candidate && candidate->carrier == Carrier::tcp && candidate->stream_role == role) {
      return &*candidate;
    }
  }
  return nullptr;
}

class Writer {
 public:
  Writer(const Media& media, const EdgePorts& ports, Standing standing)
      : media_{media}, ports_{ports}, standing_{standing} {}

  std::vector<std::string> in_the_partys_place(const Candidate& model) && {
    const StreamGrammar grammar = candidate::stream_grammar_of(model);
    if (grammar == StreamGrammar::ice06) {
      write({grammar, model.foundation, model.password}, StreamRole::either, Carrier::tcp);
      return std::move(lines_);
    }
    std::string taken = kept_for_datagrams();
    for (const StreamRole role : {StreamRole::passive, StreamRole::active}) {
      const Candidate* own = standing_ == Standing::alone ? first_with(media_, role) : nullptr;
      taken = unused_foundation(media_, taken);
      write({grammar, own != nullptr ? own->foundation : taken, {}}, role, Carrier::tcp);
    }
    return std::move(lines_);
  }

  /// The party's own candidates are over UDP, as `model` is. One that connects is not shown: it
  /// would only after the receiver has connected.
  std::vector<std::string> for_a_party_without(const Candidate& model, StreamGrammar grammar) && {
    const bool is_ice06 = model.flavour == candidate::Flavour::ice06;
    const std::string free = unused_foundation(media_, kept_for_datagrams());
    write(is_ice06 ? StreamStyle{StreamGrammar::ice06, model.foundation, model.password}
                   : StreamStyle{grammar, free, {}},
          StreamRole::passive, Carrier::udp);
    return std::move(lines_);
  }

 private:
  /// What the edge's candidate over UDP is called where it stands beside the party's.
  [[nodiscard]] std::string kept_for_datagrams() const { return unused_foundation(media_, "9"); }

  void write(const StreamStyle& style, StreamRole role, Carrier offered) {
    for (const auto& [component, port] :
         {std::pair{kRtpComponent, &ports_.rtp}, std::pair{kRtcpComponent, &ports_.rtcp}}) {
      if (!media_.offers(component, offered)) continue;
      lines_.push_back(candidate::stream_candidate(style, role, component, *port, standing_));
    }
  }

  const Media& media_;
  const EdgePorts& ports_;
  Standing standing_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> stream_lines(const Media& media, const SectionPorts& ports,
                                      Standing standing) {
  const bool is_shown_over_udp = media.uses_streams() && ports.converts_line;
  if (!ports.streams || is_shown_over_udp) return {};
  Writer writer{media, *ports.streams, standing};
  if (const Candidate* model = likeliest(media, Carrier::tcp)) {
    return std::move(writer).in_the_partys_place(*model);
  }
  const Candidate* model = likeliest(media, Carrier::udp);
  if (model == nullptr || !ports.accepts_for_sender) return {};
  return std::move(writer).for_a_party_without(*model, *ports.accepts_for_sender);
}

const Candidate* likeliest(const Media& media, std::optional<Carrier> carrier) {
  const Candidate* first = nullptr;
  for (const CandidateLine& line : media.candidates) {
    if (!line.candidate || (carrier && line.candidate->carrier != *carrier)) continue;
    const Candidate& candidate = *line.candidate;
    const bool is_default = candidate.component == kRtpComponent &&
                            candidate.port_number == media.port &&
                            (candidate.carrier == Carrier::tcp) == media.uses_streams();
    if (is_default) return &candidate;
    if (first == nullptr) first = &candidate;
  }
  return first;
}

std::string unused_foundation(const Media& media, std::string_view taken) {
  const auto is_used = [&](const std::string& name) {
    return std::any_of(media.candidates.begin(), media.candidates.end(), [&](const auto& line) {
      return line.candidate && line.candidate->foundation == name;
    });
  };
  std::string name = std::string{taken} + '9';
  while (is_used(name)) name += '9';
  return name;
}

}  // namespace avedge::sdp
