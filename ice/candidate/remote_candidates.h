// a=remote-candidates (RFC 8839 §5.2): the candidates of the *receiver* that the sender has chosen,
// one for each component: "1 192.0.2.1 5000 2 192.0.2.1 5001". ICE-06's a=remote-candidate names an
// id and no address, so it needs no code here: the id stays with the one candidate that is kept.
#pragma once

#include <string_view>
#include <vector>

#include "ice/candidate/candidate.h"

namespace avedge::candidate {

/// Far more components than any media stream has.
inline constexpr std::size_t kMaxRemoteCandidates = 16;

/// Views live as long as the line they were parsed from.
struct RemoteCandidate {
  std::uint16_t component = 0;
  std::string_view address;
  std::string_view port;
};

/// `value` is what follows "a=remote-candidates:"; trailing blanks are tolerated.
/// Fails with sdp_malformed.
[[nodiscard]] Verdict<std::vector<RemoteCandidate>> parse_remote_candidates(std::string_view value);

}  // namespace avedge::candidate
