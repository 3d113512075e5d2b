// Limits each source's concurrent calls, so that none can use up shared resources: above all
// sources that send INVITEs from forged addresses and never complete the calls.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "relay/core/prefix.h"
#include "signaling-shim/anchor/call_observer.h"
#include "signaling-shim/anchor/port_shares.h"

namespace avedge::anchor {

/// Unanswered calls that are counted together.
struct UnansweredGroup {
  enum class Scope : std::uint8_t { source, network, interface, all };
  Scope scope = Scope::source;
  Standing standing = Standing::stranger;
  Endpoint source;
  std::string interface;
  friend auto operator<=>(const UnansweredGroup&, const UnansweredGroup&) = default;
};

/// Calls and ports of a network: an IPv4 address, or an IPv6 /64. Unproven calls in its name are
/// counted separately from proven ones.
struct CallerNetwork {
  bool is_proven = false;
  IpAddress address;
  friend auto operator<=>(const CallerNetwork&, const CallerNetwork&) = default;
};

class CallerQuotas;

/// One call's resources and charged accounts. Shared by the call and the leases of its ports.
class CallAccount {
 public:
  ~CallAccount();
  CallAccount(const CallAccount&) = delete;
  CallAccount& operator=(const CallAccount&) = delete;

  [[nodiscard]] Standing standing() const { return source_.standing; }
  /// The caller has sent its ACK: the call is answered, and the caller receives our messages.
  void confirm();
  /// False for calls of trusted next hops.
  [[nodiscard]] bool awaits_ack() const { return !unanswered_.empty(); }

 private:
  friend class CallerQuotas;
  friend class HeldPorts;
  CallAccount(CallerQuotas& callers, const CallSource& source, std::vector<UnansweredGroup> groups);
  void forget_unanswered();
  void enter();
  void leave();
  [[nodiscard]] std::optional<CallerNetwork> network() const;

  CallerQuotas& caller_quotas_;
  CallSource source_;
  std::vector<UnansweredGroup> unanswered_;  // where it counts until it is answered
  std::map<PoolName, std::size_t> ports_;
};

/// Ports on a call's account until this is destroyed.
class HeldPorts {
 public:
  HeldPorts() = default;
  HeldPorts(HeldPorts&& other) noexcept { swap(other); }
  HeldPorts& operator=(HeldPorts&& other) noexcept {
    HeldPorts taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~HeldPorts();

  /// Fails with source_limit or port_share.
  [[nodiscard]] static Verdict<HeldPorts> take(const std::shared_ptr<CallAccount>& account,
                                               PoolName pool, std::size_t ports);

 private:
  void swap(HeldPorts& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(pool_, other.pool_);
    std::swap(ports_, other.ports_);
  }

  std::shared_ptr<CallAccount> account_;
  PoolName pool_;
  std::size_t ports_ = 0;
};

/// Must outlive its accounts. Signalling thread only.
class CallerQuotas {
 public:
  CallerQuotas(const Settings& settings, SessionCounters& counters)
      : settings_{settings}, counters_{counters}, shares_{settings.port_budgets} {}

  /// A call received on `interface`; it counts until its account is destroyed. Fails with
  /// source_limit or unanswered_limit.
  [[nodiscard]] Expected<std::shared_ptr<CallAccount>, CallRefusal> admit(
      const CallSource& source, std::string_view interface);

  [[nodiscard]] const PortShares& shares() const { return shares_; }

 private:
  friend class CallAccount;
  friend class HeldPorts;
  struct Use {
    std::size_t calls = 0;
    std::size_t ports = 0;
  };
  [[nodiscard]] std::size_t calls_of(const CallerNetwork& network) const;
  [[nodiscard]] std::size_t most_of(UnansweredGroup::Scope scope) const;
  void show_unanswered(Standing standing, std::int64_t more);

  const Settings& settings_;
  SessionCounters& counters_;
  PortShares shares_;
  std::map<CallerNetwork, Use> uses_;
  std::map<UnansweredGroup, std::size_t> unanswered_;
};

}  // namespace avedge::anchor
