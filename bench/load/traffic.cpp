#include "bench/load/traffic.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "bench/load/receive_batch.h"
#include "ice/stun/attribute_values.h"
#include "ice/stun/stun_builder.h"
#include "ice/stun/stun_view.h"
#include "relay/core/turn_framing.h"

namespace avedge::bench {
namespace {

/// Short enough that a tick at the usual rates is a handful of packets and not a burst.
constexpr std::chrono::microseconds kTick{500};
/// A generator that was not scheduled for a while catches up gently: a burst would be lost in the
/// relay's queues and counted against it.
constexpr std::uint64_t kMaxPerTick = 128;
constexpr std::chrono::seconds kDrainTime{1};

/// Where a probe of that leg starts.
bool starts_at_client(Leg leg) {
  return leg != Leg::down;
}

ConstBytes frame_channel_data(Bytes slot, ChannelField channel, const Probe& probe,
                              std::size_t size) {
  probe.write(slot.subspan(kChannelDataHeaderSize, size));
  write_channel_data_header(slot.data(), channel, size);
  return slot.first(kChannelDataHeaderSize + size);
}

ConstBytes frame_send_indication(Bytes slot, const Endpoint& peer, const Probe& probe,
                                 std::size_t size) {
  std::array<std::byte, SendQueue::kSlotSize> payload{};
  probe.write(Bytes{payload}.first(size));
  stun::TransactionId transaction;  // nobody answers an indication: distinct is enough
  store_be32(transaction.bytes.data(), probe.flow);
  store_be32(transaction.bytes.data() + 4, probe.sequence);
  stun::StunBuilder message{slot, stun::Method::send, stun::MessageClass::indication, transaction};
  message.xor_address(stun::AttributeType::xor_peer_address, peer)
      .raw(stun::AttributeType::data, ConstBytes{payload}.first(size));
  return message.finish();
}

/// What the relay sent to a client: behind a channel header or inside a Data indication.
std::optional<ConstBytes> payload_for_client(ConstBytes datagram) {
  if (datagram.empty()) return std::nullopt;
  if (classify(datagram[0]) == PacketKind::channel_data) {
    const auto view = parse_channel_data(datagram);
    return view ? std::optional{view->payload} : std::nullopt;
  }
  const auto message = stun::StunView::parse(datagram);
  if (!message || message->method() != stun::Method::data) return std::nullopt;
  return message->find(stun::AttributeType::data);
}

}  // namespace

std::size_t TrafficPlan::probes_per_flow() const {
  const double each = rate * time.count() / static_cast<double>(flows.size() * legs.size());
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(each)));
}

Traffic::Traffic(TrafficPlan plan) : plan_{std::move(plan)} {
  for (std::size_t i = 0; i < kLegCount; ++i) {
    const bool used =
        std::find(plan_.legs.begin(), plan_.legs.end(), static_cast<Leg>(i)) != plan_.legs.end();
    tallies_.emplace_back(plan_.flows.size(), used ? plan_.probes_per_flow() : 0);
  }
}

TrafficReport Traffic::run(const Progress& progress) {
  TrafficReport report;
  std::thread receiver{[this] { receive_until_stopped(); }};
  send_all(progress, report);
  drain(progress);
  stop_ = true;
  receiver.join();

  for (const Leg leg : plan_.legs) {
    report.legs.push_back({.leg = leg,
                           .sent = plan_.flows.size() * plan_.probes_per_flow(),
                           .received = tally(leg).received.value(),
                           .duplicates = tally(leg).duplicates.value(),
                           .latency = tally(leg).latency});
  }
  report.misrouted = misrouted_.value();
  report.foreign = foreign_.value();
  return report;
}

/// Probe number n is of leg n mod legs, of flow (n / legs) mod flows: all flows take turns.
void Traffic::send_all(const Progress& progress, TrafficReport& report) {
  const std::uint64_t legs = plan_.legs.size();
  const std::uint64_t flows = plan_.flows.size();
  const std::uint64_t total = plan_.probes_per_flow() * flows * legs;
  const auto start = Clock::now();
  auto next_progress = start + std::chrono::seconds{1};

  std::uint64_t number = 0;
  for (auto wake = start; number < total; wake += kTick) {
    std::this_thread::sleep_until(wake);
    const auto now = Clock::now();
    const std::chrono::duration<double> elapsed = now - start;
    const auto due = static_cast<std::uint64_t>(elapsed.count() * plan_.rate) + 1;
    const std::uint64_t until = std::min({total, due, number + kMaxPerTick});
    for (; number < until; ++number) {
      const Leg leg = plan_.legs[number % legs];
      const std::uint64_t index = number / legs % flows;
      const Probe probe{.leg = leg,
                        .flow = static_cast<std::uint32_t>(index),
                        .sequence = static_cast<std::uint32_t>(number / (legs * flows)),
                        .sent = now};
      send(probe);
    }
    queue_.flush();
    sent_ = number;
    if (now >= next_progress) {
      progress(number, arrived());
      next_progress += std::chrono::seconds{1};
    }
    wake = std::max(wake, now - kTick);  // never run after ticks that are long gone
  }
  report.time = Clock::now() - start;
  report.send_errors = queue_.errors() + broken_sends_;
}

/// Datagrams wait in the queue; what goes down a stream is written at once.
void Traffic::send(const Probe& probe) {
  const Flow& flow = plan_.flows[probe.flow];
  const LoadSocket& peer = plan_.peers[flow.peer];
  if (!starts_at_client(probe.leg)) {
    const Bytes slot = queue_.slot(peer.descriptor.get()).first(plan_.size);
    probe.write(slot);
    return queue_.push(slot, flow.relayed);
  }
  const bool is_stream = flow.client->is_reliable();
  std::array<std::byte, SendQueue::kSlotSize> own;
  const Bytes slot = is_stream ? Bytes{own} : queue_.slot(flow.client->descriptor());
  const ConstBytes message = flow.channel == kNoChannel
                                 ? frame_send_indication(slot, peer.local, probe, plan_.size)
                                 : frame_channel_data(slot, flow.channel, probe, plan_.size);
  if (!is_stream) return queue_.push(message, flow.server);
  if (!flow.client->send(message)) ++broken_sends_;
}

/// Waits for stragglers: until all are in, or none has come for kDrainTime.
void Traffic::drain(const Progress& progress) {
  std::uint64_t before = arrived();
  auto deadline = Clock::now() + kDrainTime;
  while (before < sent_ && Clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    if (arrived() == before) continue;
    before = arrived();
    deadline = Clock::now() + kDrainTime;
  }
  progress(sent_, arrived());
}

/// Probes that reached the end of their leg.
std::uint64_t Traffic::arrived() const {
  std::uint64_t sum = 0;
  for (const Leg leg : plan_.legs) {
    sum += tallies_[static_cast<std::size_t>(leg)].received.value();
  }
  return sum;
}

bool Traffic::echoes() const {
  return plan_.legs.front() == Leg::echo;
}

/// Event sources: the peers first, the clients behind them.
void Traffic::receive_until_stopped() {
  const relay::FileDescriptor epoll{epoll_create1(EPOLL_CLOEXEC)};
  const auto watch = [&](int descriptor, std::size_t source) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = source}};
    epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event);
  };
  for (std::size_t i = 0; i < plan_.peers.size(); ++i) watch(plan_.peers[i].descriptor.get(), i);
  for (std::size_t i = 0; i < plan_.flows.size(); ++i) {
    watch(plan_.flows[i].client->descriptor(), plan_.peers.size() + i);
  }

  std::array<epoll_event, 64> events{};
  while (!stop_) {
    const int ready = epoll_wait(epoll.get(), events.data(), events.size(), 20);
    for (int i = 0; i < ready; ++i) {
      receive(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
    }
  }
}

void Traffic::receive(std::size_t source) {
  thread_local ReceiveBatch batch;
  const bool at_peer = source < plan_.peers.size();
  const std::size_t flow = source - plan_.peers.size();
  if (!at_peer && plan_.flows[flow].client->is_reliable()) return receive_stream(flow);
  const int descriptor =
      at_peer ? plan_.peers[source].descriptor.get() : plan_.flows[flow].client->descriptor();
  while (const std::size_t count = batch.receive(descriptor)) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto now = batch.arrival(i);
      if (at_peer) {
        take_at_peer(batch.sender(i), batch.datagram(i), now);
      } else {
        take_at_client(flow, batch.datagram(i), now);
      }
    }
    if (at_peer && echoes()) batch.echo(descriptor, count);
    if (count < ReceiveBatch::kCapacity) return;
  }
}

void Traffic::receive_stream(std::size_t flow) {
  while (const auto message = plan_.flows[flow].client->receive()) {
    take_at_client(flow, *message, Clock::now());
  }
}

/// A probe must come from the relayed address of its own flow.
void Traffic::take_at_peer(const Endpoint& from, ConstBytes payload, Clock::time_point now) {
  const auto probe = Probe::read(payload);
  if (!probe || payload.size() != plan_.size || probe->leg == Leg::down) return foreign_.add();
  if (probe->flow >= plan_.flows.size() || plan_.flows[probe->flow].relayed != from) {
    return misrouted_.add();
  }
  if (probe->leg == Leg::up) tally(Leg::up).add(*probe, now);
}

void Traffic::take_at_client(std::size_t flow, ConstBytes datagram, Clock::time_point now) {
  const auto payload = payload_for_client(datagram);
  const auto probe = payload ? Probe::read(*payload) : std::nullopt;
  if (!probe || payload->size() != plan_.size || probe->leg == Leg::up) return foreign_.add();
  if (probe->flow != flow) return misrouted_.add();
  tally(probe->leg).add(*probe, now);
}

}  // namespace avedge::bench
