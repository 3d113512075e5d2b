// IntegrityCheck of a STUN message (RFC 8489 §9.2.4).
#pragma once

#include "ice/auth/integrity_check.h"
#include "ice/stun/integrity.h"

namespace avedge::turn {

class StunIntegrityCheck final : public IntegrityCheck {
 public:
  /// `message` outlives this.
  explicit StunIntegrityCheck(const stun::StunView& message) : message_{message} {}
  [[nodiscard]] bool matches(ConstBytes key) const override {
    return stun::verify_integrity(message_, key);
  }

 private:
  const stun::StunView& message_;
};

}  // namespace avedge::turn
