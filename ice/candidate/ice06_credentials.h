// How ICE-06 ([MS-ICE]) keys its checks: each candidate has an id and a password of its own,
// written as base64 without padding, and the checks carry both in raw form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ice/candidate/candidate.h"

namespace avedge::candidate {

/// More ids over UDP than any client shows: it has one each for host, server reflexive and relayed.
inline constexpr std::size_t kMaxIce06Ids = 4;

struct Ice06Credentials {
  std::string id;        // raw, mostly 32 bytes
  std::string password;  // raw, mostly 16 bytes
  friend bool operator==(const Ice06Credentials&, const Ice06Credentials&) = default;
};

/// Of an ICE-06 candidate; nothing for others, or if either is not base64.
[[nodiscard]] std::optional<Ice06Credentials> ice06_credentials(const Candidate& candidate);

/// One half of a check's USERNAME, "<id>:<component>"; the other half stands behind another colon.
[[nodiscard]] std::string ice06_user(const Ice06Credentials& credentials, std::uint16_t component);

}  // namespace avedge::candidate
