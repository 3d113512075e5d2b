#include "edge/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <thread>

#include "edge/capabilities.h"
#include "edge/log_line.h"

namespace avedge::edge {
namespace {

/// About 4 MiB when every slot holds a long line; a second of a busy edge.
constexpr std::size_t kQueuedLines = 8192;

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

/// Between two looks at the queue, after everything in it has been written: a line a second is
/// shown at once, and thousands do not wake the writer one by one.
constexpr std::chrono::milliseconds kNap{5};
/// Written together at most, in bytes.
constexpr std::size_t kTogether = 64 * 1024;

/// On the writer's thread only, which also reads the queue.
class FileSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  FileSink(std::FILE* out, spdlog::details::thread_pool& writer) : out_{out}, writer_{writer} {}
  ~FileSink() override { flush_(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    formatter_->format(message, waiting_);
    if (waiting_.size() < kTogether && writer_.queue_size() > 0) return;
    flush_();
    std::this_thread::sleep_for(kNap);
  }
  void flush_() override {
    std::fwrite(waiting_.data(), 1, waiting_.size(), out_);
    std::fflush(out_);
    waiting_.clear();
  }

 private:
  std::FILE* out_;
  spdlog::details::thread_pool& writer_;
  spdlog::memory_buf_t waiting_;
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
  const auto writes_only = [] { (void)drop_capabilities(); };  // the main thread complains
  auto writer = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1, writes_only);
  auto logger =
      std::make_shared<spdlog::async_logger>("avedge", std::make_shared<FileSink>(out, *writer),
                                             writer, spdlog::async_overflow_policy::overrun_oldest);
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
