// What this program was built from.
#pragma once

namespace avedge::edge {

extern const char* const kVersion;  // "0.1.0"
extern const char* const kCommit;   // short hash at configure time, or "unknown"

}  // namespace avedge::edge
