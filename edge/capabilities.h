// Capabilities that opening sockets and programs requires, and serving does not: an attacker who
// takes over the edge must not have them.
#pragma once

#include "relay/core/result.h"

namespace avedge::edge {

/// Gives up, for the calling thread and those that it starts from now on, the rights to reach into
/// the kernel's network (CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW, and CAP_SYS_ADMIN, which holds the
/// first). Low ports and the files of others stay within reach. Fails only if a right is there and
/// stays.
Result<void> drop_capabilities();

}  // namespace avedge::edge
