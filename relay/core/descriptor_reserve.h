// Descriptors that media and signalling leave free, so that health, metrics, the admin socket, a
// reload and DNS work when there is none left for anything else. A new descriptor has the lowest
// number that is free (POSIX.1, 2.6): its number alone tells whether it comes from the reserve, and
// nothing has to be counted.
#pragma once

namespace avedge {

/// Descriptors with this number or a higher one are the reserve. Once, before threads start;
/// until then there is none.
void reserve_descriptors_from(int first);

/// Whether `fd`, which is new, came from the reserve. A caller without access to the reserve closes
/// it.
[[nodiscard]] bool is_from_reserve(int fd);

/// Closes a fresh descriptor that is from the reserve: -1 with errno EMFILE, as if there had been
/// none. Anything else is passed through.
[[nodiscard]] int unless_from_reserve(int fd);

/// Whether the next descriptor would come from the reserve, or there is none at all.
[[nodiscard]] bool are_descriptors_exhausted();

}  // namespace avedge
