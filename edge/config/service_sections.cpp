#include "edge/config/service_sections.h"

#include <sys/un.h>

#include "edge/config/choice.h"

namespace avedge::edge {
namespace {

void read_metrics(Section& top, Listeners& listeners, Config& config) {
  auto metrics = top.section("metrics");
  std::optional<Located<std::string>> http;
  if (metrics) {
    http = metrics->text("http");
    metrics->refuse_unknown();
  }
  if (!http) http = {std::string{kDefaultMetricsAddress}, {top.place().line, "metrics.http"}};
  if (!http->value.empty()) config.metrics_http = listeners.read_service(*http);
}

void read_admin(Section& top, Config& config, Problems& problems) {
  auto admin = top.section("admin");
  if (!admin) return;
  const auto socket = admin->text("socket");
  admin->refuse_unknown();
  if (!socket) return;
  config.admin_socket = socket->value;
  constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
  if (!socket->value.starts_with('/') || socket->value.size() > kLongestPath) {
    problems.refuse(socket->place, "'" + socket->value + "' is not a valid socket path",
                    "use an absolute path of at most " + std::to_string(kLongestPath) + " bytes");
  }
}

void read_log(Section& top, LogConfig& config, Problems& problems) {
  constexpr std::array<Choice<LogLevel>, 4> kLevels{{{"debug", LogLevel::debug},
                                                     {"info", LogLevel::info},
                                                     {"warning", LogLevel::warning},
                                                     {"error", LogLevel::error}}};
  constexpr std::array<Choice<LogFormat>, 2> kFormats{
      {{"text", LogFormat::text}, {"json", LogFormat::json}}};
  auto log = top.section("log");
  if (!log) return;
  if (const auto level = log->text("level")) {
    config.level = choose<LogLevel>(*level, kLevels, problems).value_or(config.level);
  }
  if (const auto format = log->text("format")) {
    config.format = choose<LogFormat>(*format, kFormats, problems).value_or(config.format);
  }
  log->refuse_unknown();
}

}  // namespace

void read_services(Section& top, Listeners& listeners, Config& config, Problems& problems) {
  read_metrics(top, listeners, config);
  read_admin(top, config, problems);
  read_log(top, config.log, problems);
}

}  // namespace avedge::edge
