// Methods that the edge distinguishes; also the bounded label set of its metrics.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace avedge::sip {

enum class Method : std::uint8_t {
  invite,
  ack,
  bye,
  cancel,
  options,
  register_,
  prack,
  update,
  info,
  subscribe,
  notify,
  refer,
  message,
  publish,
  service,  // [MS-OCPSTN], [MS-AVEDGEA]: Microsoft's own
  other
};

/// As on the wire and as in the label `method`; methods are case-sensitive (RFC 3261 §7.1).
inline constexpr std::array<std::string_view, 16> kMethodNames{
    "INVITE", "ACK",       "BYE",    "CANCEL", "OPTIONS", "REGISTER", "PRACK",   "UPDATE",
    "INFO",   "SUBSCRIBE", "NOTIFY", "REFER",  "MESSAGE", "PUBLISH",  "SERVICE", "OTHER"};

constexpr Method method_of(std::string_view name) {
  for (std::size_t i = 0; i + 1 < kMethodNames.size(); ++i) {
    if (kMethodNames[i] == name) return static_cast<Method>(i);
  }
  return Method::other;
}

constexpr std::string_view label(Method method) {
  return kMethodNames[static_cast<std::size_t>(method)];
}

}  // namespace avedge::sip
