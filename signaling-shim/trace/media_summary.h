// Where the SDP bodies of a message want media, in a few words.
#pragma once

#include <string>
#include <string_view>

namespace avedge::trace {

/// "audio 192.0.2.10:50000, video 192.0.2.10:50002 (inactive)" for all SDP in `body`, within
/// multipart as well, each stream once. Empty without SDP; a refused stream is "video off".
[[nodiscard]] std::string media_summary(std::string_view body);

}  // namespace avedge::trace
