// Addresses that have proved that they receive what the edge sends: they sent an ACK or a BYE with
// a To tag or a Record-Route of ours, which a host that only forges the address cannot know.
#pragma once

#include <list>
#include <map>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge::sip {

/// Bounded: evicts the source heard from longest ago first. Signalling thread only.
class EstablishedSources {
 public:
  enum class Match : std::uint8_t {
    none,
    address,  // another port: behind the same NAT, or a forger's guess
    endpoint
  };

  /// Remembers `most` endpoints, each for `lifetime` after its last proof.
  EstablishedSources(std::size_t most, Duration lifetime) : most_{most}, lifetime_{lifetime} {}

  void note(Time now, const Endpoint& source);
  /// Removes expired entries first.
  [[nodiscard]] Match find(Time now, const Endpoint& source);
  [[nodiscard]] std::size_t size() const { return proofs_.size(); }

 private:
  struct Proof {
    Endpoint source;
    Time expires;
  };
  using ByAge = std::list<Proof>;

  void expire(Time now);
  void forget_oldest_port_of(const IpAddress& address);
  void forget(ByAge::iterator proof);

  std::size_t most_;
  Duration lifetime_;
  ByAge by_age_;  // the oldest first
  std::map<Endpoint, ByAge::iterator> proofs_;
};

}  // namespace avedge::sip
