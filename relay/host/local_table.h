// Asks the kernel for the addresses of this host: its routing table `local`, and the addresses of
// its devices, those in a VRF included (rtnetlink(7)).
#pragma once

#include "relay/core/local_addresses.h"
#include "relay/core/result.h"

namespace avedge::relay {

/// Takes no right. Waits for the kernel's answer: no work for a thread with packets to forward.
[[nodiscard]] Result<LocalAddresses> read_local_addresses();

}  // namespace avedge::relay
