// The addresses of this host at one moment: those that the kernel's table `local` delivers to the
// host itself, for any listener (ip-route(8)). The configuration names only some of them.
#pragma once

#include <memory>
#include <vector>

#include "relay/core/prefix.h"

namespace avedge {

/// Immutable; any thread.
class LocalAddresses {
 public:
  struct Entry {
    Prefix prefix;   // a whole network may be local, as 127.0.0.0/8 is
    int device = 0;  // interface index; 0: unknown
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  /// None: nothing is known.
  LocalAddresses() = default;
  explicit LocalAddresses(std::vector<Entry> entries);

  /// In whatever form the address is written (unwrap_embedded_ipv4()). Local, broadcast and
  /// anycast.
  [[nodiscard]] bool contain(const IpAddress& address) const;
  /// The device that has exactly this address; 0 if none has.
  [[nodiscard]] int device_of(const IpAddress& address) const;
  [[nodiscard]] std::size_t size() const { return hosts_.size() + networks_.size(); }
  friend bool operator==(const LocalAddresses&, const LocalAddresses&) = default;

 private:
  [[nodiscard]] std::vector<Entry>::const_iterator first_host(const IpAddress& address) const;
  [[nodiscard]] bool is_at(std::vector<Entry>::const_iterator entry,
                           const IpAddress& address) const;
  [[nodiscard]] bool contain_exactly(const IpAddress& address) const;

  std::vector<Entry> hosts_;     // single addresses, sorted: there may be thousands
  std::vector<Entry> networks_;  // all other prefixes, sorted
};

using SharedLocalAddresses = std::shared_ptr<const LocalAddresses>;

}  // namespace avedge
