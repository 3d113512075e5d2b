// The candidate that stands for all of a party's candidates once its media is anchored: the edge's
// own port, written in the grammar its receiver expects.
#pragma once

#include <string>

#include "ice/candidate/candidate.h"

namespace avedge::candidate {

/// The value of an a=candidate line that names `port` for `component`. It keeps the flavour and
/// foundation of `model`, one of the party's own candidates; in ICE-06 also its password, because
/// there the credentials of the checks belong to the candidate.
///
/// The type is host: to the receiver the edge is the party, there is nothing behind it that raddr
/// could name, and no implementation refuses a host candidate.
[[nodiscard]] std::string edge_candidate(const Candidate& model, std::uint16_t component,
                                         const Endpoint& port);

/// The value of an a=candidate line added to a party's own ones (ICE-19): a relay with less
/// priority than any of them. Its raddr is itself, to hide the address behind it. `foundation` is
/// one that none of the party's candidates has.
[[nodiscard]] std::string added_candidate(std::string_view foundation, std::uint16_t component,
                                          const Endpoint& port);

}  // namespace avedge::candidate
