#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "edge/log.h"
#include "edge/metrics.h"

namespace avedge::edge {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// proc(5): the second number of statm is the resident set, in pages.
std::optional<double> resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  if (!(statm >> total >> resident)) return std::nullopt;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::optional<double> open_descriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry{"/proc/self/fd", error}, end;
       !error && entry != end; entry.increment(error)) {
    ++count;
  }
  if (error) return std::nullopt;
  return count - 1;  // the listing's own descriptor
}

/// proc(5): field 22 of stat is our start in ticks after boot, btime of /proc/stat is the boot.
std::optional<double> start_time() {
  std::ifstream stat{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{stat}, {}};
  std::istringstream fields{text.substr(std::min(text.rfind(')') + 1, text.size()))};
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  double ticks = 0;
  if (!(std::istringstream{field} >> ticks)) return std::nullopt;

  std::ifstream system{"/proc/stat"};
  for (std::string word; system >> word;) {
    double boot = 0;
    if (word == "btime" && system >> boot) {
      return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
  }
  return std::nullopt;
}

}  // namespace

void report_process(MetricSink& sink) {
  if (const auto bytes = resident_bytes()) {
    sink.gauge("avedge_process_resident_memory_bytes", "Resident memory.", {}, *bytes);
  }
  if (const auto count = open_descriptors()) {
    sink.gauge("avedge_process_open_fds", "Open file descriptors.", {}, *count);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    sink.gauge("avedge_process_max_fds", "Limit of open file descriptors.", {},
               static_cast<double>(limit.rlim_cur));
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  sink.counter("avedge_process_cpu_seconds_total", "Processor time, user and system.", {},
               seconds(usage.ru_utime) + seconds(usage.ru_stime));
  if (const auto start = start_time()) {
    sink.gauge("avedge_process_start_time_seconds", "Start of the process in Unix time.", {},
               *start);
  }
  sink.counter("avedge_log_lines_lost_total", "Log lines dropped because their queue was full.", {},
               static_cast<double>(lost_log_lines()));
}

}  // namespace avedge::edge
