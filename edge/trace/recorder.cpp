#include "edge/trace/recorder.h"

#include "relay/threads/thread_signals.h"
#include "signaling-shim/trace/secrets.h"

namespace avedge::edge {
namespace {

/// A collector that is away fails with every other datagram.
constexpr std::chrono::minutes kReportInterval{1};

/// What a message takes up: empty ones must not be free.
std::size_t cost_of(const trace::Message& message) {
  return sizeof message + message.interface.size() + message.text.size();
}

}  // namespace

Recorder::Recorder(std::vector<std::unique_ptr<Sink>> sinks, Secrets secrets,
                   TraceCounters& counters, Trouble trouble)
    : secrets_{secrets}, counters_{counters}, trouble_{std::move(trouble)} {
  for (auto& sink : sinks) outputs_.push_back({std::move(sink)});
  thread_ = std::thread{[this] {
    relay::block_signals_on_this_thread();
    run();
  }};
}

Recorder::~Recorder() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Recorder::record(trace::Message message) {
  const std::size_t cost = cost_of(message);
  {
    // Held by the other side only while it takes the whole queue.
    const std::lock_guard lock{mutex_};
    if (queued_bytes_ + cost > kQueueBytes) {
      counters_.queue_full.add();
      return;
    }
    queued_bytes_ += cost;
    queue_.push_back(std::move(message));
  }
  wake_.notify_one();
}

void Recorder::run() {
  std::vector<trace::Message> batch;
  while (true) {
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      batch.swap(queue_);
      queued_bytes_ = 0;
    }
    for (trace::Message& message : batch) write(std::move(message));
    batch.clear();
  }
}

void Recorder::write(trace::Message message) {
  if (secrets_ == Secrets::masked) trace::mask_secrets(message.text);
  for (Output& output : outputs_) write(output, message);
  counters_.recorded.add();
}

void Recorder::write(Output& output, const trace::Message& message) {
  const auto written = output.sink->write(message);
  if (written) return;
  counters_.failed[static_cast<std::size_t>(output.sink->kind())].add();
  if (message.time < output.silent_until) return;
  output.silent_until = message.time + kReportInterval;
  trouble_(output.sink->kind(), written.reason().message());
}

}  // namespace avedge::edge
