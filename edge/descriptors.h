// File descriptors: as many as the system lets the process have, some of them kept for what must
// work when there are no more, and a warning when the configuration can use more than there are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "edge/config.h"

namespace avedge::edge {

/// What the configuration can use at the same time, one descriptor each: every relay port, every
/// connection that the limits allow, every listener of every worker. Media over TCP, which few
/// calls have, is not counted; with tcp_relay each allocation counts with one connection of a peer.
[[nodiscard]] std::size_t descriptors_needed(const Config& config, std::size_t workers);

/// For HTTP, the admin socket, ng, a reload's files and DNS, out of `limit`.
[[nodiscard]] std::size_t descriptors_reserved(std::size_t limit);

/// Raises the process's limit as far as it may without privileges. Yields the limit then.
std::size_t raise_descriptor_limit();

/// What an operator should do about a limit below what is needed; nothing if it suffices.
[[nodiscard]] std::optional<std::string> descriptor_advice(std::size_t limit, std::size_t needed);

}  // namespace avedge::edge
