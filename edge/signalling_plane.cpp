#include "edge/signalling_plane.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <iterator>
#include <optional>
#include <type_traits>

#include "edge/config_translation.h"
#include "edge/log.h"
#include "edge/metrics.h"
#include "relay/threads/thread_signals.h"

namespace avedge::edge {
namespace {

/// A slice of calls that the signalling thread copies before it handles the next message.
constexpr std::size_t kCallsPerSlice = 128;

/// What `question` yields on the thread of `io`; nothing if it does not answer in time.
template <class Question>
auto ask(boost::asio::io_context& io, Time deadline, Question question)
    -> std::optional<std::invoke_result_t<Question>> {
  std::promise<std::invoke_result_t<Question>> promise;
  auto answer = promise.get_future();
  boost::asio::post(io, [promise = std::move(promise), question = std::move(question)]() mutable {
    promise.set_value(question());
  });
  if (answer.wait_until(deadline) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

}  // namespace

Result<std::unique_ptr<SignallingPlane>> SignallingPlane::start(
    const Config& config, SessionControl& control, const SharedLocalAddresses& local_addresses) {
  std::unique_ptr<SignallingPlane> plane{new SignallingPlane{config, control}};
  auto trace = SipTrace::open(config);
  if (!trace) return trace.reason();
  plane->trace_ = *std::move(trace);
  plane->signalling_.observe(plane->trace_.get());
  plane->sessions_.use_local_addresses(local_addresses);
  plane->signalling_.observe_limits(&plane->limit_log_);
  if (const auto started = plane->signalling_.start(); !started) return started.reason();
  if (const auto started = plane->ng_.start(); !started) return started.reason();
  plane->thread_ = std::thread{[&io = plane->io_] {
    relay::block_signals_on_this_thread();
    const auto work = boost::asio::make_work_guard(io);
    io.run();
  }};
  return plane;
}

SignallingPlane::SignallingPlane(const Config& config, SessionControl& control)
    : sessions_{control, anchor_settings(config), log_, &routes_},
      signalling_{io_, sip_settings(config), sessions_, counters_},
      ng_{io_, ng_settings(config), sessions_, ng_counters_} {}

SignallingPlane::~SignallingPlane() {
  if (!thread_.joinable()) return;
  boost::asio::post(io_, [this] {
    ng_.stop();
    signalling_.stop();
    sessions_.end_all(std::chrono::steady_clock::now());
    io_.stop();
  });
  thread_.join();
}

void SignallingPlane::drain() {
  boost::asio::post(io_, [this] { sessions_.refuse_new(); });
}

void SignallingPlane::use_local_addresses(const SharedLocalAddresses& addresses) {
  boost::asio::post(io_, [this, addresses] {
    routes_.forget();
    sessions_.use_local_addresses(addresses);
  });
}

void SignallingPlane::forget_routes() {
  boost::asio::post(io_, [this] { routes_.forget(); });
}

Result<SignallingPlane::Reload> SignallingPlane::prepare(const Config& running,
                                                         const Config& fresh) const {
  Reload reload;
  auto tls = signalling_.make_tls(sip_listeners(fresh));
  if (!tls) return tls.reason();
  reload.tls = *std::move(tls);
  reload.target_rules = target_rules(fresh);
  if (fresh.sip.trace != running.sip.trace || fresh.trace != running.trace) {
    auto trace = SipTrace::open(fresh);
    if (!trace) return trace.reason();
    reload.trace = *std::move(trace);
  }
  return reload;
}

void SignallingPlane::commit(Reload reload) {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    signalling_.use_tls(std::move(reload.tls));
    sessions_.use_target_rules(std::move(reload.target_rules));
    if (reload.trace) signalling_.observe(reload.trace->get());
    done.set_value();
  });
  done.get_future().wait();
  // The old one ends, and has written what it was given.
  if (reload.trace) trace_ = *std::move(reload.trace);
}

void SignallingPlane::report(MetricSink& sink) const {
  const anchor::SessionCounters& calls = sessions_.counters();
  report_media_sessions(sink, static_cast<std::uint64_t>(calls.sessions.value()),
                        calls.started.value());
  for (std::size_t i = 0; i < anchor::kEndReasonLabels.size(); ++i) {
    sink.counter("avedge_media_sessions_ended_total", "Anchored calls that are over, by reason.",
                 {{"reason", anchor::kEndReasonLabels[i]}},
                 static_cast<double>(calls.ended[i].value()));
  }
  for (std::size_t i = 1; i < anchor::kTargetVerdictLabels.size(); ++i) {
    sink.counter("avedge_media_targets_refused_total",
                 "Addresses in SDP that media is not sent to before their party latches.",
                 {{"reason", anchor::kTargetVerdictLabels[i]}},
                 static_cast<double>(calls.targets_refused[i].value()));
  }
  for (std::size_t i = 0; i < anchor::kStandingLabels.size(); ++i) {
    sink.gauge("avedge_media_sessions_unanswered",
               "Anchored calls whose caller has not sent an ACK, by how far its address is proven.",
               {{"standing", anchor::kStandingLabels[i]}},
               static_cast<double>(calls.unanswered[i].value()));
  }
  counters_.for_each_request([&](std::string_view method, std::uint64_t count) {
    sink.counter("avedge_sip_requests_total",
                 "Well-formed SIP requests received, retransmissions included.",
                 {{"method", method}}, static_cast<double>(count));
  });
  counters_.for_each_response([&](std::string_view method, int status, std::uint64_t count) {
    sink.counter("avedge_sip_responses_total", "SIP responses sent, passed on or our own.",
                 {{"method", method}, {"status", std::to_string(status)}},
                 static_cast<double>(count));
  });
  for (const sip::Counters::NextHopState& hop : counters_.next_hops) {
    sink.gauge("avedge_sip_next_hop_up", "1: at least one address of it is known and not down.",
               {{"interface", hop.interface}, {"next_hop", hop.uri}},
               static_cast<double>(hop.up.value()));
  }
  report_connections(sink);
  sink.gauge("avedge_sip_pending_invites", "INVITE transactions without a final response.", {},
             static_cast<double>(counters_.pending_invites.value()));
  sink.gauge("avedge_sip_established_sources",
             "Sources that have shown that they receive what is sent to their address.", {},
             static_cast<double>(counters_.established_sources.value()));
  if (trace_) trace_->report(sink);
  report_ng(sink);
}

void SignallingPlane::report_connections(MetricSink& sink) const {
  sink.gauge("avedge_sip_connections", "TCP and TLS connections that are open.", {},
             static_cast<double>(counters_.connections.value()));
  for (std::size_t i = 0; i < sip::kStandingLabels.size(); ++i) {
    sink.gauge("avedge_sip_connections_by_standing",
               "The same, by whose they are: strangers', known ones', next hops'.",
               {{"standing", sip::kStandingLabels[i]}},
               static_cast<double>(counters_.connections_by_standing[i].value()));
  }
  for (std::size_t i = 0; i < sip::kConnectionLimitLabels.size(); ++i) {
    sink.counter("avedge_sip_connections_evicted_total",
                 "Connections of strangers that were closed to make room for a newcomer.",
                 {{"limit", sip::kConnectionLimitLabels[i]}},
                 static_cast<double>(counters_.evictions[i].value()));
  }
  sink.gauge("avedge_sip_handshakes", "TLS handshakes that are under way.", {},
             static_cast<double>(counters_.handshakes.value()));
  sink.counter("avedge_sip_handshake_pauses_total",
               "How often TLS handshakes had to wait for handshakes_per_second.", {},
               static_cast<double>(counters_.handshake_pauses.value()));
}

void SignallingPlane::report_ng(MetricSink& sink) const {
  for (std::size_t i = 0; i < ng::kCommandLabels.size(); ++i) {
    sink.counter("avedge_ng_requests_total", "Requests of the ng protocol that were carried out.",
                 {{"command", ng::kCommandLabels[i]}},
                 static_cast<double>(ng_counters_.requests[i].value()));
  }
  for (std::size_t i = 0; i < ng::kReplyLabels.size(); ++i) {
    sink.counter("avedge_ng_replies_total", "Replies to those requests.",
                 {{"result", ng::kReplyLabels[i]}},
                 static_cast<double>(ng_counters_.replies[i].value()));
  }
  sink.counter("avedge_ng_repeated_total", "Requests that were answered from memory.", {},
               static_cast<double>(ng_counters_.repeated.value()));
  sink.gauge("avedge_ng_connections", "Connections of ng clients: TCP, HTTP and WebSocket.", {},
             static_cast<double>(ng_counters_.connections.value()));
}

std::vector<anchor::CallSnapshot> SignallingPlane::calls() {
  const Time deadline = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  const auto ids = ask(io_, deadline, [this] { return sessions_.ids(); });
  std::vector<anchor::CallSnapshot> all;
  if (!ids) return all;
  for (std::size_t from = 0; from < ids->size(); from += kCallsPerSlice) {
    const std::size_t count = std::min(kCallsPerSlice, ids->size() - from);
    const auto first = ids->begin() + static_cast<std::ptrdiff_t>(from);
    std::vector<anchor::SessionId> some(first, first + static_cast<std::ptrdiff_t>(count));
    auto slice = ask(io_, deadline, [this, some = std::move(some)] {
      return sessions_.snapshot(std::chrono::steady_clock::now(), some);
    });
    if (!slice) break;
    std::move(slice->begin(), slice->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace avedge::edge
