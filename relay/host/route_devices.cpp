#include "relay/host/route_devices.h"

#include <net/if.h>

#include <string>

namespace avedge::relay {

int RouteDevices::device_towards(const IpAddress& from, const IpAddress& to, int bound_to) {
  const RouteKey key{from, to, bound_to};
  const Time now = std::chrono::steady_clock::now();
  const auto known = answers_.find(key);
  if (known != answers_.end() && now < known->second.until) return known->second.device;
  if (answers_.size() >= kMaxAnswers) answers_.clear();
  const int device = ask(key);
  answers_[key] = {device, now + kLifetime};
  return device;
}

int RouteDevices::device_named(std::string_view name) {
  return static_cast<int>(if_nametoindex(std::string{name}.c_str()));
}

int RouteDevices::ask(const RouteKey& key) {
  if (!kernel_) {
    auto opened = RtNetlinkQueries::open();
    if (!opened) return 0;
    kernel_ = std::move(opened).value();
  }
  return kernel_->device_towards(key);
}

}  // namespace avedge::relay
