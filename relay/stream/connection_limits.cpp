#include "relay/stream/connection_limits.h"

#include <algorithm>
#include <array>
#include <utility>

namespace avedge::relay {
namespace {

IpAddress counted_source(const IpAddress& source) {
  if (source.is_v4()) return source;
  std::array<std::byte, 16> prefix{};
  std::copy_n(source.bytes().begin(), 8, prefix.begin());
  return IpAddress::v6(prefix);
}

}  // namespace

Admission::~Admission() {
  if (limits_ == nullptr) return;
  settle();
  limits_->leave();
}

void Admission::settle() {
  if (limits_ != nullptr && std::exchange(half_open_, false)) limits_->settle(source_);
}

std::optional<Admission> ConnectionLimits::admit(const IpAddress& source) {
  const IpAddress counted = counted_source(source);
  const std::scoped_lock lock{mutex_};
  if (open_ >= caps_.total || half_open_ >= caps_.half_open) return std::nullopt;
  std::size_t& of_source = half_open_of_[counted];
  if (of_source >= caps_.half_open_per_source) return std::nullopt;
  ++of_source;
  ++half_open_;
  ++open_;
  return Admission{*this, counted};
}

std::size_t ConnectionLimits::open() const {
  const std::scoped_lock lock{mutex_};
  return open_;
}

std::size_t ConnectionLimits::half_open() const {
  const std::scoped_lock lock{mutex_};
  return half_open_;
}

void ConnectionLimits::settle(const IpAddress& source) {
  const std::scoped_lock lock{mutex_};
  --half_open_;
  const auto found = half_open_of_.find(source);
  if (--found->second == 0) half_open_of_.erase(found);
}

void ConnectionLimits::leave() {
  const std::scoped_lock lock{mutex_};
  --open_;
}

}  // namespace avedge::relay
