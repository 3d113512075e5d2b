// PASSWORD-ALGORITHM and PASSWORD-ALGORITHMS (RFC 8489 §14.11, §14.12): which hash made the key.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ice/stun/long_term_key.h"

namespace avedge::stun {

/// The value of PASSWORD-ALGORITHM. Nothing if it is malformed, or none of those we know, which
/// have no parameters.
[[nodiscard]] std::optional<PasswordAlgorithm> read_password_algorithm(ConstBytes value);

/// The value of PASSWORD-ALGORITHMS, the most preferred first; of one entry: PASSWORD-ALGORITHM.
[[nodiscard]] std::vector<std::byte> password_algorithms(
    std::span<const PasswordAlgorithm> algorithms);

}  // namespace avedge::stun
