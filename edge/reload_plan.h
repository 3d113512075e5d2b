// What a reload changes, and what it must not do by accident.
#pragma once

#include <optional>
#include <string>

#include "edge/config.h"

namespace avedge::edge {

/// Why `fresh` may not replace `running` while TURN serves: a section with credentials that are in
/// use is not there any more. Whoever wants to remove them all says so by an empty one. Nothing if
/// all is well.
[[nodiscard]] std::optional<std::string> removed_credentials(const Config& running,
                                                             const Config& fresh);

/// `running` with everything from `fresh` that takes effect without a restart: the Reloadable…
/// parts, [media], [trace], the PEM of certificates that keep their name, and the warnings.
[[nodiscard]] Config with_reloadable_parts(Config running, const Config& fresh);

}  // namespace avedge::edge
