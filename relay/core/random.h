// The one source of unpredictable numbers: the kernel's CSPRNG. Nonces, relay ports, reservation
// tokens, hash seeds and generated passwords all come from here.
#pragma once

#include <cstdint>
#include <string>

#include "relay/core/bytes.h"

namespace avedge {

/// Fills `into` from getrandom(2). Aborts if the kernel cannot deliver: nothing is safe without it.
void fill_random(Bytes into);
std::uint64_t random_u64();
/// Lower-case letters and digits, about 5.1 bits each.
std::string random_token(std::size_t length);

}  // namespace avedge
