// The edge's candidates over TCP for one m= section, in the grammar of the party whose place it
// takes. Internal to sdp/.
#pragma once

#include <string>
#include <vector>

#include "signaling-shim/sdp/rewrite.h"

namespace avedge::sdp {

/// The values of the candidate lines: for each component of the section one that accepts and one
/// that connects; only one that accepts where the section's party has no TCP itself. Empty without
/// ports for streams.
[[nodiscard]] std::vector<std::string> stream_lines(const Media& media, const SectionPorts& ports,
                                                    candidate::Standing standing);

/// The party's default destination among its candidates over `carrier` (nothing: over any), which
/// it is most likely to use; else the first. Null if there are none.
[[nodiscard]] const candidate::Candidate* likeliest(const Media& media,
                                                    std::optional<candidate::Carrier> carrier);

/// The shortest row of nines that is longer than `taken` and that none of the party's candidates is
/// called by.
[[nodiscard]] std::string unused_foundation(const Media& media, std::string_view taken);

}  // namespace avedge::sdp
