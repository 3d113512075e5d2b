// SIP counters. One writer (the signalling thread), any reader.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "relay/core/counters.h"
#include "signaling-shim/sip/method.h"
#include "signaling-shim/sip/standing.h"

namespace avedge::sip {

struct Counters {
  static constexpr int kLowestStatus = 100;
  static constexpr int kHighestStatus = 699;

  /// Well-formed requests received, retransmissions included.
  std::array<Counter, kMethodNames.size()> requests;
  Drops drops;
  Gauge connections;
  std::array<Gauge, kStandingLabels.size()> connections_by_standing;
  std::array<Counter, kConnectionLimitLabels.size()> evictions;  // by the limit that caused them
  Gauge handshakes;                                              // TLS handshakes in progress
  /// How often the rate limit delayed handshakes. Written by the handshake thread.
  Counter handshake_pauses;
  Gauge pending_invites;
  Gauge established_sources;

  /// One configured next hop.
  struct NextHopState {
    std::string interface;
    std::string uri;
    Gauge up;  // 1: some address of it may be tried
  };
  /// Filled before the signalling thread runs; its length is constant from then on.
  std::deque<NextHopState> next_hops;

  void count_request(Method method) { requests[static_cast<std::size_t>(method)].add(); }
  /// A response sent: forwarded, or our own.
  void count_response(Method method, int status) {
    responses_[static_cast<std::size_t>(method)][index_of(status)].add();
  }
  [[nodiscard]] std::uint64_t responses(Method method, int status) const {
    return responses_[static_cast<std::size_t>(method)][index_of(status)].value();
  }

  /// Calls visit(method label, value) for every method.
  template <class Visit>
  void for_each_request(Visit&& visit) const {
    for (std::size_t i = 0; i < requests.size(); ++i) visit(kMethodNames[i], requests[i].value());
  }
  /// Calls visit(method label, status, value) for every pair that has been seen.
  template <class Visit>
  void for_each_response(Visit&& visit) const {
    for (std::size_t i = 0; i < kMethodNames.size(); ++i) {
      for (int status = kLowestStatus; status <= kHighestStatus; ++status) {
        const std::uint64_t value = responses(static_cast<Method>(i), status);
        if (value > 0) visit(kMethodNames[i], status, value);
      }
    }
  }

 private:
  static constexpr std::size_t index_of(int status) {
    return static_cast<std::size_t>(status - kLowestStatus);
  }

  std::array<std::array<Counter, kHighestStatus - kLowestStatus + 1>, kMethodNames.size()>
      responses_;
};

}  // namespace avedge::sip
