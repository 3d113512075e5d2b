// HMAC by OpenSSL. Contexts are made once per thread and re-keyed: fetching the algorithm costs
// more than hashing a message. Any thread. Aborts if the library cannot compute at all, because
// nothing could be authenticated then.
#pragma once

#include <array>
#include <initializer_list>

#include "ice/stun/digest.h"
#include "relay/core/bytes.h"

namespace avedge::stun {

using Sha1Code = std::array<std::byte, 20>;

/// Over the parts, one after another.
[[nodiscard]] Sha1Code hmac_sha1(ConstBytes key, std::initializer_list<ConstBytes> parts);
[[nodiscard]] Sha256Code hmac_sha256(ConstBytes key, std::initializer_list<ConstBytes> parts);

/// Its time does not depend on the first difference; lengths are not secret.
[[nodiscard]] bool equal_in_constant_time(ConstBytes a, ConstBytes b);

}  // namespace avedge::stun
