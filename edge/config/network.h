// [[interface]] and [[relay]]: what everything else refers to by name.
#pragma once

#include "edge/config.h"
#include "edge/config/section.h"

namespace avedge::edge {

void read_interfaces(Section& top, Config& config, Problems& problems);

/// After the interfaces. Only ranges of known interfaces get into `config`.
void read_relays(Section& top, Config& config, Problems& problems);

/// The interface that `name` refers to; reports an unknown name.
const Interface* refer_to_interface(const Located<std::string>& name, const Config& config,
                                    Problems& problems);

}  // namespace avedge::edge
