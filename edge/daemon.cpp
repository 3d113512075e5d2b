#include "edge/daemon.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <iostream>

#include "edge/admin_server.h"
#include "edge/admin_socket_place.h"
#include "edge/banner.h"
#include "edge/build_info.h"
#include "edge/config.h"
#include "edge/embedded_default.h"
#include "edge/exit_code.h"
#include "edge/http_server.h"
#include "edge/lifecycle.h"
#include "edge/log.h"
#include "edge/metrics.h"
#include "edge/port_range_check.h"

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
  Result<void> start_http();
  Result<void> start_admin();
  AdminHandlers handlers();
  nlohmann::json status() const;
  nlohmann::json drain();
  Result<bool> reload();

  Config config_;
  ServeOptions options_;
  bool draining_ = false;
  boost::asio::io_context io_;
  Metrics metrics_;
  // >>> data plane, TURN and signalling: their members stand here, so that they outlive what asks
  // them for figures below.
  std::optional<HttpServer> http_;
  std::string admin_path_;
  std::optional<AdminServer> admin_;
  std::optional<SignalWatch> signals_;
};

Result<void> Daemon::start() {
  signals_.emplace(
      io_, SignalWatch::Hooks{.stop = [this] { io_.stop(); }, /* what went wrong is in the log */
                              .reload = [this] { (void)reload(); }});
  // >>> data plane, TURN and signalling start here.
  metrics_.add_source(report_build);
  metrics_.add_source(report_process);
  // >>> their metrics sources: report_workers, report_ports, report_media_sessions, SIP.
  if (auto started = start_http(); !started) return started;
  return start_admin();
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
          {"sessions", [](const nlohmann::json&) { return nlohmann::json::array(); }},
          {"drain", [this](const nlohmann::json&) { return drain(); }},
          {"reload", [this](const nlohmann::json&) {
             const auto changed = reload();
             if (!changed) throw std::runtime_error{changed.reason().message()};
             return nlohmann::json{{"changed", *changed}};
           }}};
}

nlohmann::json Daemon::status() const {
  return {{"version", kVersion}, {"commit", kCommit}, {"draining", draining_}};
}

nlohmann::json Daemon::drain() {
  draining_ = true;
  log_event("draining");
  return {{"draining", true}};
}

/// Whether anything changed. A configuration that is wrong leaves the old one in force.
Result<bool> Daemon::reload() {
  if (!options_.config_file) return false;
  auto fresh = load_config(*options_.config_file);
  if (!fresh) {
    log_error("reload refused", {{"reason", fresh.reason().message()}});
    return fresh.reason();
  }
  const bool changed = *fresh != config_;
  set_log_level(fresh->log.level);
  // >>> what else of the configuration can change while running.
  config_ = *std::move(fresh);
  log_event("reloaded", {{"changed", changed}});
  return changed;
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

}  // namespace

int serve(const ServeOptions& options) {
  auto config = options.config_file ? load_config(*options.config_file)
                                    : Result<Config>{embedded_default(machine_addresses())};
  if (!config) {
    std::fprintf(stderr, "%s\n", config.reason().message().c_str());
    return kExitUsage;
  }
  for (const std::string& warning : config->warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  }
  ignore_broken_pipes();
  const LogSession log{config->log};
  Daemon daemon{*std::move(config), options};
  if (const auto started = daemon.start(); !started) {
    std::fprintf(stderr, "avedge: %s\n", started.reason().message().c_str());
    return kExitFailure;
  }
  daemon.run();
  return kExitSuccess;
}

}  // namespace avedge::edge
