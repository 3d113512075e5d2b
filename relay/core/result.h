// Failures of the world around us: a system call, the configuration, a certificate.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "relay/core/expected.h"

namespace avedge {

/// What went wrong, in words for the operator, outermost context first.
class Error {
 public:
  explicit Error(std::string message) : message_{std::move(message)} {}

  /// "`what`: <text of errno>". Call it before anything else can change errno.
  static Error from_errno(std::string what, int code = errno) {
    return Error{std::move(what) + ": " + std::generic_category().message(code)};
  }

  /// The same error seen from one level further out: "`context`: <message>".
  [[nodiscard]] Error in(const std::string& context) const {
    return Error{context + ": " + message_};
  }

  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  std::string message_;
};

template <class Value>
using Result = Expected<Value, Error>;

}  // namespace avedge
