#include "edge/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>

#include "edge/log_line.h"

namespace avedge::edge {
namespace {

/// About 4 MiB when every slot holds a long line; a second of a busy edge.
constexpr std::size_t kQueuedLines = 8192;

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(std::FILE* out) : out_{out} {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::fwrite(line.data(), 1, line.size(), out_);
    std::fflush(out_);
  }
  void flush_() override { std::fflush(out_); }

 private:
  std::FILE* out_;
};

struct OpenLog {
  std::shared_ptr<spdlog::details::thread_pool> writer;
  std::shared_ptr<spdlog::async_logger> logger;
  LogFormat format;
};

std::unique_ptr<OpenLog> open_log;  // written only while no other thread logs

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

void write(spdlog::level::level_enum level, std::string_view event, LogFields fields) {
  if (open_log == nullptr || !open_log->logger->should_log(level)) return;
  const std::string line = open_log->format == LogFormat::json ? json_log_line(event, fields)
                                                               : text_log_line(event, fields);
  // The overload without arguments does not look for format specifications.
  open_log->logger->log(level, spdlog::string_view_t{line.data(), line.size()});
}

}  // namespace

LogSession::LogSession(const LogConfig& config, std::FILE* out) {
  auto writer = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  auto logger =
      std::make_shared<spdlog::async_logger>("avedge", std::make_shared<FileSink>(out), writer,
                                             spdlog::async_overflow_policy::overrun_oldest);
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      config.format == LogFormat::json ? kJsonPattern : kTextPattern,
      spdlog::pattern_time_type::utc));
  logger->set_level(spdlog_level(config.level));
  open_log.reset(new OpenLog{std::move(writer), std::move(logger), config.format});
}

LogSession::~LogSession() {
  open_log.reset();
}

void log_debug(std::string_view event, LogFields fields) {
  write(spdlog::level::debug, event, fields);
}

void log_event(std::string_view event, LogFields fields) {
  write(spdlog::level::info, event, fields);
}

void log_warning(std::string_view event, LogFields fields) {
  write(spdlog::level::warn, event, fields);
}

void log_error(std::string_view event, LogFields fields) {
  write(spdlog::level::err, event, fields);
}

void set_log_level(LogLevel level) {
  if (open_log != nullptr) open_log->logger->set_level(spdlog_level(level));
}

std::uint64_t lost_log_lines() {
  return open_log == nullptr ? 0 : open_log->writer->overrun_counter();
}

}  // namespace avedge::edge
