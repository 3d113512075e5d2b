// The candidate lines of one m= section, and what becomes of them. Internal to sdp/.
#pragma once

#include "signaling-shim/sdp/rewrite.h"

namespace avedge::sdp {

struct CandidatePlan {
  Candidates candidates = Candidates::replaced;
  const SectionPorts* ports = nullptr;  // null: the section is not relayed, nor the edge shown
  std::string_view line_end;

  [[nodiscard]] bool converts_line() const { return ports != nullptr && ports->converts_line; }
  /// Of a line that is converted nothing may be left that its receiver cannot use.
  [[nodiscard]] bool replaces_all() const {
    return candidates == Candidates::replaced || converts_line();
  }
};

/// As rewrite() says: candidates of the edge for each component that the party offered.
void rewrite_candidates(const Media& media, const CandidatePlan& plan, text::EditList& edits);

/// Component by component: the edge's ports become the receiver's own.
void translate_remote_candidates(const Media& media, const ReceiverEndpoints& receiver,
                                 const CandidatePlan& plan, text::EditList& edits);

}  // namespace avedge::sdp
