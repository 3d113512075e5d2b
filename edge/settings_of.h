// The configuration, translated into the words of each part of the daemon.
#pragma once

#include "edge/config.h"
#include "ice/turn/settings.h"
#include "relay/data_plane.h"
#include "relay/quota_ledger.h"
#include "signaling-shim/anchor/settings.h"
#include "signaling-shim/sip/settings.h"

namespace avedge::edge {

[[nodiscard]] relay::DataPlaneSettings data_plane_settings(const Config& config);
[[nodiscard]] relay::AllocationQuotas allocation_quotas(const Config& config);
[[nodiscard]] turn::Settings turn_settings(const Config& config);
[[nodiscard]] sip::Settings sip_settings(const Config& config);
[[nodiscard]] anchor::Settings anchor_settings(const Config& config);

}  // namespace avedge::edge
