#include "ice/candidate/remote_candidates.h"

#include "ice/candidate/tokens.h"

namespace avedge::candidate {

Verdict<std::vector<RemoteCandidate>> parse_remote_candidates(std::string_view value) {
  std::vector<RemoteCandidate> list;
  Tokens tokens{value};
  for (std::string_view word = tokens.next(); !word.empty(); word = tokens.next()) {
    const auto component = parse_number<std::uint16_t>(word);
    RemoteCandidate item{component.value_or(0), tokens.next(), {}};
    item.port = tokens.next();
    if (item.component == 0 || !Port::parse(item.port) || list.size() == kMaxRemoteCandidates) {
      return DropReason::sdp_malformed;
    }
    list.push_back(item);
  }
  if (list.empty()) return DropReason::sdp_malformed;
  return list;
}

}  // namespace avedge::candidate
