// The one thing that checking credentials requires of a message.
#pragma once

#include "relay/core/bytes.h"

namespace avedge::turn {

/// Of one received message, in the dialect that it was written in.
class IntegrityCheck {
 public:
  virtual ~IntegrityCheck() = default;
  /// Whether the message was protected with `key`, in full length. False if it is not protected.
  [[nodiscard]] virtual bool matches(ConstBytes key) const = 0;
};

}  // namespace avedge::turn
