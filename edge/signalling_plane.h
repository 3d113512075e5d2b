// SIP and ng with their anchored calls, on a thread of their own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
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
  /// `local_addresses`: those of this host, until set_local_addresses() is called.
  [[nodiscard]] static Result<std::unique_ptr<SignallingPlane>> start(
      const Config& config, SessionControl& control, const SharedLocalAddresses& local_addresses);
  /// Ends every call and the thread.
  ~SignallingPlane();
  SignallingPlane(const SignallingPlane&) = delete;
  SignallingPlane& operator=(const SignallingPlane&) = delete;

  /// From now on new calls are refused, so that whoever places them turns to another edge; those
  /// there are go on. Any thread.
  void drain();
  /// This host has other addresses now. Any thread.
  void use_local_addresses(const SharedLocalAddresses& addresses);
  /// What was asked about routes may be wrong now. Any thread.
  void forget_routes();
  /// Takes over what of anchoring can change while it runs: the rules of [[media.peer_rule]]. Any
  /// thread.
  void reconfigure(const Config& config);
  /// Renews the certificates of listeners with TLS; a wrong one leaves all as they were. Waits for
  /// the signalling thread.
  [[nodiscard]] Result<void> replace_certificates(const Config& config);
  /// Traces from now on as `config` says; if that cannot be opened, as before. One thread at a
  /// time, and not the signalling thread: it is waited for.
  [[nodiscard]] Result<void> replace_trace(const Config& config);
  /// Everything but the drops. Not while replace_trace() runs.
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
