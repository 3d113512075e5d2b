// Writes a message in the form of record_form.h.
#pragma once

#include <cstdint>
#include <string>

#include "signaling-shim/trace/message.h"

namespace avedge::trace {

/// Who writes, as the first line of a record names it.
struct Author {
  std::uint32_t process = 0;
  std::uint32_t thread = 0;
};

/// One record, with an empty line behind it. `number` counts records.
[[nodiscard]] std::string record_of(const Message& message, const Author& author,
                                    std::uint32_t number);

}  // namespace avedge::trace
