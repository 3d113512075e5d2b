// Plain hashes by OpenSSL, for values that STUN derives from passwords and names. Any thread.
// Aborts if the library cannot compute at all, because no client could log in then.
#pragma once

#include <array>
#include <initializer_list>

#include "relay/core/bytes.h"

namespace avedge::stun {

using Md5Code = std::array<std::byte, 16>;
using Sha256Code = std::array<std::byte, 32>;

/// Over the parts, one after another.
[[nodiscard]] Md5Code md5(std::initializer_list<ConstBytes> parts);
[[nodiscard]] Sha256Code sha256(std::initializer_list<ConstBytes> parts);

}  // namespace avedge::stun
