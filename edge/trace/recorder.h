// Between the signalling thread and slow outputs: a bounded queue and a thread that empties it.
#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "edge/trace/sink.h"
#include "relay/core/counters.h"

namespace avedge::edge {

/// Outlives the recorder; any thread may read.
struct TraceCounters {
  Counter queue_full;  // written by the thread that records, the others by the recorder's own
  Counter recorded;
  std::array<Counter, kSinkKindCount> failed;
};

enum class Secrets : bool { masked, shown };

class Recorder {
 public:
  /// What waits for the outputs, in bytes; a message more is lost.
  static constexpr std::size_t kQueueBytes = 16 * 1024 * 1024;

  /// Told why an output fails, once a minute at most. On the recorder's thread.
  using Trouble = std::function<void(SinkKind sink, const std::string& problem)>;

  Recorder(std::vector<std::unique_ptr<Sink>> sinks, Secrets secrets, TraceCounters& counters,
           Trouble trouble);
  /// Writes out what is queued.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Never waits for an output. One thread at a time.
  void record(trace::Message message);

 private:
  struct Output {
    std::unique_ptr<Sink> sink;
    trace::WallTime silent_until{};  // its next failure is reported from then on
  };

  void run();
  void write(trace::Message message);
  void write(Output& output, const trace::Message& message);

  std::vector<Output> outputs_;  // the recorder's own thread
  const Secrets secrets_;
  TraceCounters& counters_;
  const Trouble trouble_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<trace::Message> queue_;
  std::size_t queued_bytes_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace avedge::edge
