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

/// What all calls use at this moment, by who counts for it. Written by their accounts.
struct CallerUses {
  struct Use {
    std::size_t calls = 0;
    std::size_t ports = 0;
  };
  const Settings& settings;
  SessionCounters& counters;
  PortShares shares;
  std::map<CallerNetwork, Use> networks;
  std::map<UnansweredGroup, std::size_t> unanswered;
};

/// One call's resources and charged accounts. Shared by the call and the leases of its ports.
class CallAccount {
 public:
  /// For CallerQuotas::admit(), which has checked the limits. `uses` outlives it.
  CallAccount(CallerUses& uses, const CallSource& source, std::vector<UnansweredGroup> groups);
  ~CallAccount();
  CallAccount(const CallAccount&) = delete;
  CallAccount& operator=(const CallAccount&) = delete;

  [[nodiscard]] Standing standing() const { return source_.standing; }
  /// The caller has sent its ACK: the call is answered, and the caller receives our messages.
  void confirm();
  /// False for calls of trusted next hops.
  [[nodiscard]] bool awaits_ack() const { return !unanswered_.empty(); }

  /// Charges it with ports. Fails with source_limit or port_share.
  [[nodiscard]] Verdict<void> take_ports(const PoolName& pool, std::size_t ports);
  void give_back_ports(const PoolName& pool, std::size_t ports);

 private:
  void forget_unanswered();
  void enter();
  void leave();
  [[nodiscard]] CallerUses::Use* network_use();
  void show_unanswered(std::int64_t more);

  CallerUses& uses_;
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
      : uses_{settings, counters, PortShares{settings.port_budgets}, {}, {}} {}

  /// A call received on `interface`; it counts until its account is destroyed. Fails with
  /// source_limit or unanswered_limit.
  [[nodiscard]] Expected<std::shared_ptr<CallAccount>, CallRefusal> admit(
      const CallSource& source, std::string_view interface);

  [[nodiscard]] const PortShares& shares() const { return uses_.shares; }

 private:
  [[nodiscard]] std::size_t calls_of(const CallerNetwork& network) const;
  [[nodiscard]] std::size_t most_of(UnansweredGroup::Scope scope) const;

  CallerUses uses_;
};

}  // namespace avedge::anchor
