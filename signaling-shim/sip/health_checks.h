// Checks the next hops with OPTIONS (RFC 3261 §11) and excludes those that do not work. Signalling
// thread only.
#pragma once

#include <map>
#include <string>

#include "signaling-shim/sip/hop_table.h"
#include "signaling-shim/sip/signer.h"
#include "signaling-shim/sip/view.h"

namespace avedge::sip {

class HealthChecks {
 public:
  /// All must outlive it.
  HealthChecks(const Settings& settings, HopTable& hops, const Signer& signer)
      : settings_{settings}, hops_{hops}, signer_{signer} {}

  /// Counts the hops that have not answered since the last call, and queries all of them again.
  void on_timer(Time now, Outbox& out);
  [[nodiscard]] Time next_deadline() const;
  /// Whether that Via's branch belongs to a query of ours; if so, consumes the answer.
  bool on_response(const View& response);
  /// The same for a query that could not be sent.
  bool on_undeliverable(const View& request);

 private:
  void ask(const SipFlow& hop, const std::string& host, Outbox& out);
  void judge(const SipFlow& hop, bool works);

  const Settings& settings_;
  HopTable& hops_;
  const Signer& signer_;
  Time next_{};
  std::uint64_t round_ = 0;
  std::map<std::string, SipFlow> asked_;  // by branch, since the last round
  std::map<SipFlow, unsigned> failures_;
};

}  // namespace avedge::sip
