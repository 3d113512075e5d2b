// MOBILITY-TICKET (RFC 8016 §3.5): a client presents it to keep its allocation.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "relay/core/bytes.h"
#include "relay/core/flow.h"
#include "relay/core/random.h"

namespace avedge::turn {

/// The worker that has the allocation, and some 120 unpredictable bits. No byte is zero: coturn's
/// client keeps tickets as C strings, and would truncate them there.
struct Ticket {
  std::array<std::byte, 16> bytes{};

  /// There are fewer than 255 workers.
  static Ticket random(WorkerIndex worker) {
    Ticket ticket;
    fill_random(ticket.bytes);
    ticket.bytes[0] = static_cast<std::byte>(static_cast<unsigned>(worker) + 1);
    for (std::byte& octet : ticket.bytes) {
      while (octet == std::byte{0}) fill_random({&octet, 1});
    }
    return ticket;
  }
  static std::optional<Ticket> read(ConstBytes value) {
    Ticket ticket;
    if (value.size() != ticket.bytes.size()) return std::nullopt;
    std::copy(value.begin(), value.end(), ticket.bytes.begin());
    return ticket;
  }
  [[nodiscard]] WorkerIndex worker() const {
    return WorkerIndex{static_cast<std::uint8_t>(std::to_integer<unsigned>(bytes[0]) - 1)};
  }
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// Hashing a ticket leaks no useful timing: its bits are random.
struct TicketHash {
  std::size_t operator()(const Ticket& ticket) const {
    return static_cast<std::size_t>(load_be64(ticket.bytes.data() + 8));
  }
};

}  // namespace avedge::turn
