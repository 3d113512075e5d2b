// [[sip.listener]]: the addresses that receive SIP, and the allowed sources.
#pragma once

#include "edge/config.h"
#include "edge/config/listeners.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// Appends to Config::sip; relative paths start at `folder`. After interfaces and certificates.
void read_sip_listener(Section& section, const std::string& folder, Listeners& listeners,
                       Config& config, Problems& problems);

/// The certificates of a PEM file that `key` names; empty if the key is absent or wrong.
std::string read_authorities(Section& section, std::string_view key, const std::string& folder,
                             Problems& problems);

}  // namespace avedge::edge
