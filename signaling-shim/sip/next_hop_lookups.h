// Keeps the addresses of next hops fresh: looks each name up when its DNS answer has expired.
// Signalling thread only.
#pragma once

#include <memory>
#include <vector>

#include "signaling-shim/sip/hop_table.h"

namespace avedge::sip {

class NextHopLookups {
 public:
  /// All must outlive it. One lookup at a time for each named hop.
  NextHopLookups(const Settings& settings, HopTable& hops, DnsClient& dns);

  /// Begins due lookups; call it at least once a second.
  void tick(Time now);

 private:
  struct Lookup {
    std::size_t hop;
    Time due{};
    bool running = false;
  };
  void begin(Time now, std::size_t index);
  void finish(Time now, std::size_t index, ServerLocation found);

  const Settings& settings_;
  HopTable& hops_;
  DnsClient& dns_;
  std::vector<Lookup> lookups_;
};

}  // namespace avedge::sip
