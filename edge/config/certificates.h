// [[certificate]]: what listeners with TLS or DTLS refer to by name.
#pragma once

#include "edge/config.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// Reads and tries the files, whose relative paths start at `folder`: what gets into `config`
/// without a problem can be served.
void read_certificates(Section& top, const std::string& folder, Config& config, Problems& problems);

}  // namespace avedge::edge
