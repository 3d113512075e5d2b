// The candidate lines of one m= section, and what becomes of them. Internal to sdp/.
#pragma once

#include "signaling-shim/sdp/rewrite.h"

namespace avedge::sdp {

/// Takes every candidate out and puts, where the first one stood, one for each component that the
/// party offered over UDP. `ports` null: the section is not relayed, nothing takes their place.
void replace_candidates(const Media& media, const EdgePorts* ports, std::string_view line_end,
                        text::EditList& edits);

/// Component by component: the edge's ports become the receiver's own.
void translate_remote_candidates(const Media& media, const ReceiverPorts& receiver,
                                 text::EditList& edits);

}  // namespace avedge::sdp
