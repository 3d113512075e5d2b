// Media and ICE checks on the ports of anchored calls, while their descriptions change: no flow
// comes from a source that was not admitted or leads to a place that was not named (media_worker.h
// says what that means), and none is left when its path is gone.
#include <optional>

#include "media_worker.h"
#include "milestone.h"
#include "rtp.h"

namespace {

using namespace avedge;
using fuzz::Input;
using fuzz::Milestone;
using fuzz::require;

Milestone latched_by_media{"a packet latches"};
Milestone latched_by_check{"a check latches"};
Milestone forwarded_by_flow{"media is forwarded by a flow"};
Milestone forwarded_first{"the first packet is forwarded"};
Milestone refused{"a packet of a stranger is dropped"};
Milestone check_refused{"a check with a wrong password is dropped"};
Milestone moved{"a new description moves the target of a flow"};
Milestone removed_with_flows{"a path is removed with its flows"};
Milestone forked{"two paths share a socket"};
Milestone published{"counters are published"};

constexpr const char* kOwn[] = {"192.0.2.10", "203.0.113.10"};
constexpr const char* kEndpoints[] = {
    "198.51.100.1:4000", "198.51.100.1:4001",  "198.51.100.9:4000", "10.0.0.20:6000",
    "10.0.0.20:6002",    "[2001:db8::5]:4000", "192.0.2.10:50100",  "203.0.113.10:50200",
    "0.0.0.0:0",         "203.0.113.66:4000",  "127.0.0.1:22",      "198.51.100.1:0"};
constexpr Latching kLatchings[] = {Latching::signalled, Latching::strict, Latching::sip_source};
constexpr LatchTiming kTimings[] = {LatchTiming::immediate, LatchTiming::delayed,
                                    LatchTiming::heuristic};
constexpr Rebinding kRebindings[] = {Rebinding::same_stream, Rebinding::any_stream,
                                     Rebinding::refused};
const fuzz::CheckNames kNames[] = {{"here", "there", "first password"},
                                   {"here2", "there", "second password"},
                                   {"here", "there", "wrong"},
                                   {"here", "there", ""}};
// The byte that tells RTP (PCMU, dynamic ones, with and without marker) from RTCP (200, 201).
constexpr std::uint8_t kTypes[] = {0, 96, 111, 0x80 | 96, 200, 201};
constexpr Duration kSteps[] = {std::chrono::milliseconds{20}, std::chrono::seconds{1},
                               std::chrono::seconds{2}, std::chrono::seconds{3},
                               std::chrono::minutes{1}};

Endpoint at(const char* text) {
  return *Endpoint::parse(text);
}

class Anchor {
 public:
  /// s PATH NEAR END FAR END: a new description of both parties, by the sockets NEAR and FAR.
  void set(Input& input) {
    const std::size_t index = input.below(4);
    auto& path = paths_[index];
    if (!path) {
      path = UdpPath{MediaPathId{index + 1}, {}, {}, std::make_shared<MediaPathCounters>(), {}};
    }
    path->caller = read_end(input, SocketId{static_cast<std::uint32_t>(1 + input.below(2))});
    path->callee = read_end(input, SocketId{static_cast<std::uint32_t>(11 + input.below(3))});
    apply(*path);
    for (const auto& other : paths_) {
      forked.reach_if(other && other->id != path->id &&
                      other->caller.socket == path->caller.socket);
    }
  }

  /// e PATH SIDE END: a new description of one party, on the same port.
  void change(Input& input) {
    auto& path = paths_[input.below(4)];
    if (!path) return;
    UdpLeg& end = input.flag() ? path->callee : path->caller;
    end = read_end(input, end.socket);
    apply(*path);
  }

  /// r PATH
  void remove(Input& input) {
    auto& path = paths_[input.below(4)];
    if (!path) return;
    const std::size_t flows = worker_.flows().size();
    worker_.remove_path(path->id);
    removed_with_flows.reach_if(worker_.flows().size() < flows);
    path.reset();
  }

  /// p SOCKET SOURCE TYPE SSRC COUNT: RTP, the next ones of that stream.
  void media(Input& input) {
    const auto [socket, from] = read_origin(input);
    const auto type = static_cast<std::uint8_t>(input.one_of(kTypes));
    const auto ssrc = static_cast<std::uint32_t>(input.below(2));
    for (std::size_t count = 1 + input.below(8); count > 0; --count) {
      deliver(socket, from, fuzz::rtp(type, sequence_++, ssrc));
    }
  }

  /// x SOCKET SOURCE LENGTH BYTES: whatever the input says.
  void anything(Input& input) {
    const auto [socket, from] = read_origin(input);
    deliver(socket, from, bytes_of(input.bytes()));
  }

  /// c SOCKET SOURCE NAMES NOMINATES: an ICE check.
  void ice_check(Input& input) {
    const auto [socket, from] = read_origin(input);
    const auto& names = input.one_of(kNames);
    const bool was_source = worker_.is_source(socket, from);
    const bool went_on = worker_.check_arrives(now_, socket, from, names, input.flag());
    latched_by_check.reach_if(!was_source && worker_.is_source(socket, from));
    check_refused.reach_if(!went_on && names.password == "wrong");
  }

  /// j: the sequence numbers jump far ahead.
  void jump(Input&) { sequence_ = static_cast<std::uint16_t>(sequence_ + 10'000); }

  /// t STEP: time passes.
  void wait(Input& input) {
    now_ += input.one_of(kSteps);
    worker_.expire(now_);
    for (const auto& path : paths_) {
      published.reach_if(path && path->counters->packets[0].value() > 0);
    }
  }

  void check() const { worker_.check(); }

  void finish() {
    for (const auto& path : paths_) {
      if (path) worker_.remove_path(path->id);
      worker_.check();
    }
    worker_.check_empty();
  }

 private:
  struct Origin {
    SocketId socket;
    Endpoint from;
  };

  /// PLACE ADDRESSES CANDIDATES SIP LATCHING KEYS; sets are the bits of a character.
  static UdpLeg read_end(Input& input, SocketId socket) {
    UdpLeg end;
    end.socket = socket;
    end.signalled = at(input.one_of(kEndpoints));
    const std::size_t addresses = input.below(64);
    for (std::size_t bit = 0; bit < 6; ++bit) {
      if ((addresses >> bit & 1) != 0)
        end.signalled_addresses.push_back(at(kEndpoints[2 * bit]).address);
    }
    const std::size_t candidates = input.below(16);
    for (std::size_t bit = 0; bit < 4; ++bit) {
      if ((candidates >> bit & 1) != 0) end.signalled_candidates.push_back(at(kEndpoints[4 + bit]));
    }
    end.sip_source = at(input.one_of(kEndpoints)).address;
    read_rules(input.below(128), end);
    const std::size_t keys = input.below(4);
    for (std::size_t bit = 0; bit < 2; ++bit) {
      const fuzz::CheckNames& names = kNames[bit];
      if ((keys >> bit & 1) != 0) {
        end.ice.push_back({names.receiver_ufrag, names.password, names.sender_ufrag});
      }
    }
    return end;
  }

  /// Letters of 0 to 3 choose the addresses that count, those behind them the finer rules.
  static void read_rules(std::size_t choice, UdpLeg& end) {
    const std::size_t latching = choice % 4;
    end.latching = kLatchings[latching % std::size(kLatchings)];
    end.is_asymmetric = latching == std::size(kLatchings);
    end.timing = kTimings[choice / 4 % 4 % std::size(kTimings)];
    end.rebinding = kRebindings[choice / 16 % 4 % std::size(kRebindings)];
    end.uses_ice = choice / 64 == 1;
    end.payload.kind = LinePayload::Kind::rtp;
  }

  static Origin read_origin(Input& input) {
    static constexpr std::uint32_t kSockets[] = {1, 2, 11, 12, 13, 99};
    const SocketId socket{input.one_of(kSockets)};
    return {socket, at(input.one_of(kEndpoints))};
  }

  void apply(const UdpPath& path) {
    const auto before = worker_.flows();
    worker_.set_path(now_, path);
    for (const auto& [key, flow] : worker_.flows()) {
      const auto old = before.find(key);
      moved.reach_if(old != before.end() && old->second.destination != flow.destination);
    }
  }

  void deliver(SocketId socket, const Endpoint& from, ConstBytes datagram) {
    const bool was_source = worker_.is_source(socket, from);
    const bool went_on = worker_.arrives(now_, socket, from, datagram);
    forwarded_by_flow.reach_if(was_source && went_on);
    forwarded_first.reach_if(!was_source && went_on);
    latched_by_media.reach_if(!was_source && worker_.is_source(socket, from));
    refused.reach_if(!went_on);
    worker_.check();
  }

  Time now_{std::chrono::hours{1}};
  std::optional<UdpPath> paths_[4];
  std::uint16_t sequence_ = 65'500;  // soon wraps
  fuzz::MediaWorker worker_{{*IpAddress::parse(kOwn[0]), *IpAddress::parse(kOwn[1])}};
};

constexpr fuzz::Operation<Anchor> kOperations[] = {
    {'s', &Anchor::set},      {'e', &Anchor::change}, {'r', &Anchor::remove},
    {'p', &Anchor::media},    {'p', &Anchor::media},  {'c', &Anchor::ice_check},
    {'x', &Anchor::anything}, {'j', &Anchor::jump},   {'t', &Anchor::wait}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Anchor anchor;
  Input input{data, size};
  fuzz::play(anchor, kOperations, input);
  anchor.finish();
  return 0;
}
