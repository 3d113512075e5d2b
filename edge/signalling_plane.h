// SIP and ng with their anchored calls, on a thread of their own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "edge/config.h"
#include "edge/metric_sink.h"
#include "edge/session_log.h"
#include "edge/sip_limit_log.h"
#include "edge/sip_trace.h"
#include "relay/host/route_devices.h"
#include "relay/session_control.h"
#include "signaling-shim/anchor/sessions.h"
#include "signaling-shim/ng/ng_server.h"
#include "signaling-shim/sip/counters.h"
#include "signaling-shim/sip/signalling.h"

namespace avedge::edge {

class SignallingPlane {
 public:
  /// Opens the trace, binds all listeners and starts the thread. `control` outlives it.
  /// `local_addresses`: those of this host, until use_local_addresses() is called.
  [[nodiscard]] static Result<std::unique_ptr<SignallingPlane>> start(
      const Config& config, SessionControl& control, const SharedLocalAddresses& local_addresses);
  /// Ends every call and the thread.
  ~SignallingPlane();
  SignallingPlane(const SignallingPlane&) = delete;
  SignallingPlane& operator=(const SignallingPlane&) = delete;

  /// From now on new calls are refused, so that callers switch to another edge; existing calls
  /// continue. Any thread.
  void drain();
  /// This host has other addresses now. Any thread.
  void use_local_addresses(const SharedLocalAddresses& addresses);
  /// What was asked about routes may be wrong now. Any thread.
  void forget_routes();
  /// What a reload changes, made and checked but not yet in force.
  struct Reload {
    sip::TlsContexts tls;
    std::vector<anchor::TargetRule> target_rules;
    /// Nothing: the trace stays as it is. Null: it ends.
    std::optional<std::unique_ptr<SipTrace>> trace;
  };
  /// From `running` to `fresh`. Fails if a certificate cannot be used or the trace not be opened.
  [[nodiscard]] Result<Reload> prepare(const Config& running, const Config& fresh) const;
  /// Waits for the signalling thread; not on that thread.
  void commit(Reload reload);
  /// Everything but the drops. Not while commit() runs.
  void report(MetricSink& sink) const;
  /// For report_drops().
  [[nodiscard]] std::vector<const Drops*> drops() const {
    return {&counters_.drops, &ng_counters_.drops};
  }
  /// Queries the signalling thread, slice by slice, and waits for it, at most a second in all: then
  /// what is missing is left out.
  [[nodiscard]] std::vector<anchor::CallSnapshot> calls();
  /// How many there are. Any thread.
  [[nodiscard]] std::int64_t call_count() const { return sessions_.counters().sessions.value(); }

 private:
  SignallingPlane(const Config& config, SessionControl& control);
  void report_connections(MetricSink& sink) const;
  void report_ng(MetricSink& sink) const;

  boost::asio::io_context io_{1};
  CallLog log_;
  relay::RouteDevices routes_;
  SipLimitLog limit_log_;
  sip::Counters counters_;
  anchor::Sessions sessions_;
  std::unique_ptr<SipTrace> trace_;  // nullptr: off
  sip::Signalling signalling_;
  ng::Counters ng_counters_;
  ng::NgServer ng_;
  std::thread thread_;
};

}  // namespace avedge::edge
