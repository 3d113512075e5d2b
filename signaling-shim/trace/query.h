// What somebody looks for in a trace: the search keys of the servers' logging service.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "signaling-shim/trace/entry.h"

namespace avedge::trace {

struct Query {
  enum class Match : std::uint8_t {
    any,  // one of the keys is enough
    all
  };

  // Keys; with none every message matches. Each is compared without regard to case.
  std::vector<std::string> call_ids;
  std::vector<std::string>
      uris;                      // part of the request URI, From, To, Contact, or asserted identity
  std::vector<std::string> ips;  // of the peer, or anywhere in the message
  std::vector<std::string> phones;    // like "+49 30 1234": the same digits in one of those URIs
  std::vector<std::string> contents;  // anywhere in the message
  Match match = Match::any;

  // Both included; they restrict whatever the keys are.
  std::optional<WallTime> from;
  std::optional<WallTime> to;

  [[nodiscard]] bool matches(const Entry& entry) const;
};

/// "2026-11-21", "2026-11-21T06:30", "2026-11-21 06:30:15.250"; UTC. Nothing if it is no time.
[[nodiscard]] std::optional<WallTime> parse_query_time(std::string_view text);

}  // namespace avedge::trace
