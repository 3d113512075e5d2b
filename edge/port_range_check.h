// Relay ports that the kernel also hands out to ordinary programs get lost one by one, as long as
// those programs hold them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "edge/config.h"

namespace avedge::edge {

/// The sysctl command that keeps the kernel's hands off the relay ranges, or nothing if they are
/// safe already. The arguments are the contents of net.ipv4.ip_local_port_range ("32768 60999")
/// and net.ipv4.ip_local_reserved_ports ("8080,9000-9010"); what is reserved now stays reserved.
std::optional<std::string> reserving_command(std::span<const RelayRange> relays,
                                             std::string_view local_port_range,
                                             std::string_view reserved_ports);

/// The same with this machine's settings; nothing if they cannot be read.
std::optional<std::string> reserving_command(std::span<const RelayRange> relays);

}  // namespace avedge::edge
