#include "edge/daemon.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <climits>
#include <cstdio>
#include <iostream>

#include "edge/admin_server.h"
#include "edge/admin_socket_path.h"
#include "edge/banner.h"
#include "edge/build_info.h"
#include "edge/capabilities.h"
#include "edge/config.h"
#include "edge/config_translation.h"
#include "edge/descriptors.h"
#include "edge/embedded_default.h"
#include "edge/exit_code.h"
#include "edge/http_server.h"
#include "edge/lifecycle.h"
#include "edge/limit_watch.h"
#include "edge/log.h"
#include "edge/media_plane.h"
#include "edge/metrics.h"
#include "edge/port_range_check.h"
#include "edge/reload_plan.h"
#include "edge/session_rows.h"
#include "edge/signalling_plane.h"
#include "relay/core/descriptor_reserve.h"
#include "relay/host/local_address_watch.h"

namespace avedge::edge {
namespace {

/// Owns all parts in the order they start; they stop in reverse. Its thread runs `io_`: signals,
/// HTTP, the admin socket.
class Daemon {
 public:
  Daemon(Config config, ServeOptions options)
      : config_{std::move(config)}, options_{std::move(options)} {}

  Result<void> start();
  void run();

 private:
  Result<void> start_planes();
  void follow_addresses();
  Result<void> start_http();
  Result<void> start_admin();
  void add_metrics();
  void watch_limits();
  [[nodiscard]] std::vector<const Drops*> drops() const;
  AdminHandlers handlers();
  nlohmann::json status() const;
  nlohmann::json sessions();
  nlohmann::json drain();
  Result<nlohmann::json> reload();
  Result<nlohmann::json> take_over(const Config& fresh);

  Config config_;
  ServeOptions options_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  bool draining_ = false;
  boost::asio::io_context io_;
  Metrics metrics_;
  // Signalling holds ports of the media plane, so it goes first.
  std::unique_ptr<MediaPlane> media_;
  std::unique_ptr<SignallingPlane> signalling_;
  relay::LocalAddressWatch addresses_;  // tells both
  std::optional<HttpServer> http_;
  std::string admin_path_;
  std::optional<AdminServer> admin_;
  std::optional<SignalWatch> signals_;
  LimitWatch limits_;
  boost::asio::steady_timer next_look_{io_};
};

Result<void> Daemon::start() {
  // First of all, so that a signal during a slow start is not lost.
  signals_.emplace(
      io_, SignalWatch::Hooks{.stop = [this] { io_.stop(); },
                              .reload = [this] { (void)reload(); }});  // the log says how it went
  if (auto started = start_planes(); !started) return started;
  add_metrics();
  if (auto started = start_http(); !started) return started;
  watch_limits();
  return start_admin();
}

/// Everything is bound before anything is served. Capabilities for binding are dropped before the
/// serving threads start; the log has dropped its own.
Result<void> Daemon::start_planes() {
  auto media = MediaPlane::open(config_, addresses_.first());
  if (!media) return media.reason();
  media_ = *std::move(media);
  if (const auto given_up = drop_capabilities(); !given_up) return given_up.reason();
  if (!config_.sip.listeners.empty() || !config_.ng.listeners.empty()) {
    auto signalling =
        SignallingPlane::start(config_, media_->session_control(), addresses_.first());
    if (!signalling) return signalling.reason();
    signalling_ = *std::move(signalling);
  }
  media_->start();
  follow_addresses();
  return {};
}

/// The kernel's word is needed for what the configuration does not name; without it the edge works
/// as well, and less is out of reach.
void Daemon::follow_addresses() {
  const auto complain = [](const Error& error) {
    log_warning(
        "the kernel does not tell the addresses of this host: only those of the "
        "configuration are out of reach of clients",
        {{"reason", error.message()}});
  };
  if (addresses_.first_failure()) complain(*addresses_.first_failure());
  addresses_.start({.on_change =
                        [this](const SharedLocalAddresses& addresses) {
                          media_->use_local_addresses(addresses);
                          if (signalling_) signalling_->use_local_addresses(addresses);
                          log_event("addresses of this host", {{"count", addresses->size()}});
                        },
                    .on_routes =
                        [this] {
                          if (signalling_) signalling_->forget_routes();
                        },
                    .on_failure = complain});
}

void Daemon::add_metrics() {
  metrics_.add_source(report_build);
  metrics_.add_source([this](MetricSink& sink) { media_->report(sink); });
  metrics_.add_source([this](MetricSink& sink) {
    if (signalling_) signalling_->report(sink);
  });
  metrics_.add_source([this](MetricSink& sink) { report_drops(sink, drops()); });
  metrics_.add_source([this](MetricSink& sink) {
    report_local_evictions(sink, http_ ? http_->evicted() : 0, admin_ ? admin_->evicted() : 0);
  });
  metrics_.add_source([this](MetricSink& sink) {
    sink.gauge("avedge_local_addresses",
               "Addresses and networks of this host; 0 while the kernel does not tell.", {},
               static_cast<double>(addresses_.known()));
  });
  metrics_.add_source(report_process);
}

/// Of all that refuse anything, always in the same order.
std::vector<const Drops*> Daemon::drops() const {
  auto drops = media_->drops();
  if (signalling_) {
    for (const Drops* counted : signalling_->drops()) drops.push_back(counted);
  }
  return drops;
}

void Daemon::watch_limits() {
  constexpr std::chrono::seconds kBetweenLooks{5};
  for (const LimitReport& report : limits_.look(std::chrono::steady_clock::now(), drops())) {
    log_warning(report.event, {{"count", report.count}, {"remedy", report.remedy}});
  }
  next_look_.expires_after(kBetweenLooks);
  next_look_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) watch_limits();
  });
}

Result<void> Daemon::start_http() {
  if (!config_.metrics_http) return {};
  HttpContent content;
  content.metrics = [this] { return metrics_.text(); };
  content.unhealthy = [this] {
    return draining_ ? std::optional<std::string>{"draining"} : std::nullopt;
  };
  auto server = HttpServer::start(io_, *config_.metrics_http, std::move(content));
  if (!server) return server.reason();
  http_.emplace(*std::move(server));
  return {};
}

Result<void> Daemon::start_admin() {
  admin_path_ = config_.admin_socket;
  if (admin_path_.empty()) {
    const auto place = usable_admin_socket();
    if (!place) return place.reason();
    admin_path_ = *place;
  }
  auto server = AdminServer::start(io_, admin_path_, handlers());
  if (!server) return server.reason();
  admin_.emplace(*std::move(server));
  return {};
}

AdminHandlers Daemon::handlers() {
  return {{"status", [this](const nlohmann::json&) { return status(); }},
          {"sessions", [this](const nlohmann::json&) { return sessions(); }},
          {"drain", [this](const nlohmann::json&) { return drain(); }},
          {"reload", [this](const nlohmann::json&) {
             auto result = reload();
             if (!result) throw std::runtime_error{result.reason().message()};
             return *std::move(result);
           }}};
}

nlohmann::json Daemon::status() const {
  const auto up = std::chrono::steady_clock::now() - started_;
  return {{"version", kVersion},
          {"commit", kCommit},
          {"uptime", std::chrono::duration_cast<std::chrono::seconds>(up).count()},
          {"draining", draining_},
          {"allocations", media_->allocation_count()},
          {"calls", signalling_ ? signalling_->call_count() : 0}};
}

nlohmann::json Daemon::sessions() {
  return {{"allocations", rows_of(media_->allocations(), std::chrono::steady_clock::now())},
          {"calls", signalling_ ? rows_of(signalling_->calls()) : nlohmann::json::array()}};
}

/// Refuses new sessions; existing ones may stay.
nlohmann::json Daemon::drain() {
  draining_ = true;
  media_->drain();
  if (signalling_) signalling_->drain();
  log_event("draining");
  return status();
}

/// What a reload can change: log level, trace, certificates, TURN's users, secrets, peer rules and
/// lifetimes. Everything else is bound to sockets and threads and says that it waits for a restart.
/// A configuration that is wrong leaves the old one in force.
Result<nlohmann::json> Daemon::reload() {
  if (!options_.config_file) return Error{"there is no configuration file to reload"};
  const auto fresh = load_config(*options_.config_file);
  auto result = fresh ? take_over(*fresh) : Result<nlohmann::json>{fresh.reason()};
  if (!result) log_error("reload refused", {{"reason", result.reason().message()}});
  return result;
}

/// Everything that can fail is prepared first; then all of it takes effect, or nothing does.
Result<nlohmann::json> Daemon::take_over(const Config& fresh) {
  if (const auto why = removed_credentials(config_, fresh)) {
    return Error{*options_.config_file + ": " + *why};
  }
  const Config next = with_reloadable_parts(config_, fresh);
  const bool changed = next != config_;
  const bool needs_restart = next != fresh;
  const auto media = MediaPlane::prepare(next);
  if (!media) return media.reason();
  std::optional<SignallingPlane::Reload> signalling;
  if (signalling_) {
    auto prepared = signalling_->prepare(config_, next);
    if (!prepared) return prepared.reason();
    signalling = *std::move(prepared);
  }

  config_ = next;
  set_log_level(config_.log.level);
  media_->commit(*media);
  if (signalling) signalling_->commit(*std::move(signalling));
  log_event("reloaded", {{"changed", changed}, {"needs_restart", needs_restart}});
  return nlohmann::json{{"changed", changed}, {"needs_restart", needs_restart}};
}

void Daemon::run() {
  BannerFacts facts{!options_.config_file.has_value(), admin_path_,
                    reserving_command(config_.relays)};
  std::cout << banner(config_, facts) << std::flush;
  notify_service_manager("READY=1");
  io_.run();
  notify_service_manager("STOPPING=1");
  log_event("stopping");
}

/// Before anything is opened: what is opened first has the lowest numbers and is never in the
/// reserve.
void prepare_descriptors(const Config& config) {
  const std::size_t limit = raise_descriptor_limit();
  const std::size_t needed = descriptors_needed(config, worker_count(config));
  const std::size_t reserved = descriptors_reserved(limit);
  if (limit > 0)
    reserve_descriptors_from(static_cast<int>(std::min<std::size_t>(limit, INT_MAX) - reserved));
  if (const auto advice = descriptor_advice(limit, needed)) {
    log_warning(
        "the limit of open files is lower than what the configuration can use",
        {{"limit", limit}, {"needed", needed}, {"reserved", reserved}, {"remedy", *advice}});
  }
}

}  // namespace

int serve(const ServeOptions& options) {
  auto config = options.config_file ? load_config(*options.config_file)
                                    : embedded_default(machine_addresses());
  if (!config) {
    std::fprintf(stderr, "%s\n", config.reason().message().c_str());
    return kExitUsage;
  }
  for (const std::string& warning : config->warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  }
  ignore_broken_pipes();
  const LogSession log{config->log};
  prepare_descriptors(*config);
  Daemon daemon{*std::move(config), options};
  if (const auto started = daemon.start(); !started) {
    std::fprintf(stderr, "avedge: %s\n", started.reason().message().c_str());
    return kExitFailure;
  }
  daemon.run();
  return kExitSuccess;
}

}  // namespace avedge::edge
