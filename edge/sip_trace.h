// The trace of all SIP: sees what signalling receives and sends, and hands it to a recorder.
#pragma once

#include <memory>

#include "edge/config.h"
#include "edge/metric_sink.h"
#include "edge/trace/recorder.h"
#include "signaling-shim/sip/message_observer.h"

namespace avedge::edge {

class SipTrace final : public sip::MessageObserver {
 public:
  /// Opens what the configuration names and starts writing; nullptr where tracing is off.
  [[nodiscard]] static Result<std::unique_ptr<SipTrace>> open(const Config& config);

  void on_received(const sip::Listener& by, const sip::SipFlow& from,
                   std::string_view message) override;
  void on_sent(const sip::Listener& by, const sip::SipFlow& to, std::string_view message) override;

  /// Any thread.
  void report(MetricSink& sink) const;

 private:
  SipTrace(std::vector<std::unique_ptr<Sink>> sinks, const TraceConfig& config);
  void record(trace::Direction direction, const sip::Listener& by, const sip::SipFlow& peer,
              std::string_view message);

  TraceCounters counters_;
  Recorder recorder_;
};

}  // namespace avedge::edge
