// A value, or the reason why there is none. The reason's type says whose fault it is:
//   Verdict<T>  the peer's fault: a DropReason, counted once, never logged        (drop_reason.h)
//   Result<T>   the world's fault: an Error with its context, logged where handled (result.h)
#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

namespace avedge {

template <class Value, class Reason>
class [[nodiscard]] Expected {
 public:
  Expected(Value value) : state_{std::in_place_index<0>, std::move(value)} {}
  Expected(Reason reason) : state_{std::in_place_index<1>, std::move(reason)} {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The value; only when ok().
  [[nodiscard]] Value& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const Value& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] Value&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  Value& operator*() & { return value(); }
  const Value& operator*() const& { return value(); }
  Value&& operator*() && { return std::move(*this).value(); }
  Value* operator->() { return &value(); }
  const Value* operator->() const { return &value(); }

  /// The reason; only when !ok().
  [[nodiscard]] const Reason& reason() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<Value, Reason> state_;
};

template <class Reason>
class [[nodiscard]] Expected<void, Reason> {
 public:
  Expected() = default;
  Expected(Reason reason) : reason_{std::move(reason)} {}

  [[nodiscard]] bool ok() const { return !reason_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Reason& reason() const {
    assert(!ok());
    return *reason_;
  }

 private:
  std::optional<Reason> reason_;
};

}  // namespace avedge
