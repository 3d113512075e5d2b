// The configuration, translated into the words of each part of the daemon.
#pragma once

#include "edge/config.h"
#include "ice/turn/settings.h"
#include "relay/ports/shared_allocation_quota.h"
#include "relay/worker/data_plane.h"
#include "signaling-shim/anchor/settings.h"
#include "signaling-shim/ng/settings.h"
#include "signaling-shim/sip/settings.h"

namespace avedge::edge {

/// As many as the configuration says, or one for each core.
[[nodiscard]] unsigned worker_count(const Config& config);
/// Fails if OpenSSL cannot serve a certificate, which load_config() would have found.
[[nodiscard]] Result<relay::DataPlaneSettings> data_plane_settings(const Config& config);
/// What the clients of that listener of [turn] are shown.
[[nodiscard]] Result<relay::ListenerSecurity> listener_security(const Config& config,
                                                                std::size_t index);
[[nodiscard]] relay::AllocationQuotas allocation_quotas(const Config& config);
relay::BandwidthLimits bandwidth_limits(const Config& config);
[[nodiscard]] turn::Settings turn_settings(const Config& config);
/// Those of sip_settings(), with the certificates that `config` has now.
[[nodiscard]] std::vector<sip::Listener> sip_listeners(const Config& config);
[[nodiscard]] sip::Settings sip_settings(const Config& config);
[[nodiscard]] ng::Settings ng_settings(const Config& config);
[[nodiscard]] std::vector<anchor::TargetRule> target_rules(const Config& config);
[[nodiscard]] anchor::Settings anchor_settings(const Config& config);

}  // namespace avedge::edge
