#include "edge/config/trace_section.h"

#include <filesystem>

namespace avedge::edge {
namespace {

constexpr std::int64_t kLargestFile = 1'000'000;  // MiB
constexpr std::int64_t kMostFiles = 1000;
constexpr std::int64_t kLargestCaptureId = 0xFFFF'FFFF;
/// The packet's chunk would hold more, but it also has to hold the message.
constexpr std::size_t kLongestPassword = 255;

void read_file(Section& section, const std::string& folder, TraceConfig& trace) {
  if (const auto file = section.text("file")) {
    trace.file = file->value.empty() ? std::string{}
                                     : (std::filesystem::path{folder} / file->value).string();
  }
  section.read("file_size", trace.file_size, 1, kLargestFile);
  section.read("files", trace.files, 1, kMostFiles);
}

void read_collector(Section& section, TraceConfig& trace, Problems& problems) {
  if (const auto collector = section.text("hep_collector")) {
    trace.hep_collector = Endpoint::parse(collector->value);
    if (!trace.hep_collector || trace.hep_collector->port == Port{}) {
      problems.refuse(collector->place,
                      "'" + collector->value + "' is not a valid address and port",
                      "use \"ADDRESS:PORT\" or \"[IPV6]:PORT\"");
    }
  }
  section.read("hep_capture_id", trace.hep_capture_id, 0, kLargestCaptureId);
  if (const auto password = section.text("hep_password")) {
    trace.hep_password = password->value;
    if (password->value.size() > kLongestPassword) {
      problems.refuse(password->place, "is too long", "use at most 255 bytes");
    }
  }
}

void read_section(Section& section, const std::string& folder, const Config& config,
                  TraceConfig& trace, Problems& problems) {
  read_file(section, folder, trace);
  read_collector(section, trace, problems);
  section.read("mask", trace.mask);
  section.refuse_unknown();
  if (config.sip.trace && !trace.mask) {
    problems.warn(section.place_of("mask"), "passwords, keys and instant messages are traced",
                  "remove it when you have seen what you were looking for");
  }
  if (!config.sip.trace) {
    problems.warn(section.place(), "nothing is traced", "add trace = true to [sip]");
  }
}

}  // namespace

void read_trace(Section& top, const std::string& folder, Config& config, Problems& problems) {
  auto section = top.section("trace");
  if (!section) return;
  read_section(*section, folder, config, config.trace, problems);
  if (config.sip.trace && config.trace.file.empty() && !config.trace.hep_collector) {
    problems.refuse(section->place_of("file"), "the trace goes nowhere",
                    "name a file or a hep_collector");
  }
}

}  // namespace avedge::edge
