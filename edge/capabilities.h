// What opening sockets and programs takes, and serving does not: whoever takes the edge over
// through a bug shall not find it.
#pragma once

#include "relay/core/result.h"

namespace avedge::edge {

/// Gives up, for the calling thread and those that it starts from now on, the rights to reach into
/// the kernel's network (CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW, and CAP_SYS_ADMIN, which holds the
/// first). Low ports and the files of others stay within reach. Fails only if a right is there and
/// stays.
Result<void> drop_capabilities();

}  // namespace avedge::edge
