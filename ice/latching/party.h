// One party of an anchored stream component: what its SDP said about it, and where it has shown
// itself to be. Decides who may become its source; never "the first sender" (that is how RTP
// bleeds).
//
// The rules, in the letters of docs/latching.md:
//   (a) strict: only the exact signalled endpoint.
//   (b) Where ICE was agreed, only a verified check latches; the first one ends what was latched by
//       address before the answer was known.
//   (c) The exact signalled endpoint wins at once and at any time.
//   (d) Another port of an admitted address latches by a packet that fits the line. It is
//       provisional until it has lasted 3 s and has sent 3 packets.
//   (e) What holds moves only after 2 s of silence, by 3 packets in a row that continue its stream,
//       and goes back when the endpoint that it moved from speaks again.
//   (f) RTCP latches only where RTP did.
//   (g) SDP with other values makes the latch provisional again; it stays until (c) or (d).
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "ice/latching/challenge.h"
#include "relay/core/latch_kind.h"
#include "relay/core/media_path.h"
#include "relay/core/slow_path.h"

namespace avedge::latching {

/// What a party's packets come to, in the eyes of a rule that may move its latch.
struct ReceivedPacket {
  Time now;
  Endpoint remote;
  ConstBytes datagram;
  /// Of the latched source, flows and all (Party::heard() and the flow in force).
  FlowUsage heard;
};

class Party {
 public:
  /// Sources a party may show by verified checks (one per candidate of a sane agent), or in the
  /// time that LatchTiming waits.
  static constexpr std::size_t kMaxSources = 8;
  /// (d): shorter than a forger needs to be noticed, longer than a call takes to ring through a
  /// NAT.
  static constexpr std::chrono::seconds kProvisional{3};
  static constexpr std::uint64_t kConfirmingPackets = 3;
  /// (e): longer than any gap between packets of running media, comfort noise (RFC 3389) included.
  static constexpr std::chrono::seconds kSilence{2};
  /// (e): a minute of audio at 20 ms a packet.
  static constexpr std::uint16_t kMaxSequenceGap = 3000;

  enum class Admission : std::uint8_t {
    refused,  // not from an address that this party may be at, or its latch holds
    unfit,    // from such an address, but not what the line carries
    waiting,  // one of its sources from now on; which one stays is decided later (LatchTiming)
    latched
  };

  /// The source that stays; none: what was learned is forgotten.
  using Decision = std::optional<Endpoint>;

  explicit Party(const UdpLeg& signalled) : signalled_{signalled} {}

  [[nodiscard]] SocketId socket() const { return signalled_.socket; }
  [[nodiscard]] const UdpLeg& signalled() const { return signalled_; }
  /// The one source that the party is known to be at; nothing if it is not.
  [[nodiscard]] std::optional<Endpoint> latched() const;
  [[nodiscard]] LatchKind kind() const { return latch_->kind; }

  /// Where packets for this party go: its latched source, or else what it signalled. Nothing if
  /// it has not said where it receives.
  [[nodiscard]] std::optional<Endpoint> destination() const;

  /// Sources whose packets are the party's; the latched one among them.
  [[nodiscard]] const std::vector<Endpoint>& sources() const { return sources_; }
  [[nodiscard]] bool is_source(const Endpoint& remote) const;

  /// The exact signalled endpoint, which distinguishes branches of a fork first.
  [[nodiscard]] bool signalled_exactly(const Endpoint& remote) const {
    return remote == signalled_.signalled;
  }
  [[nodiscard]] bool is_checked() const { return latch_ && latch_->kind == LatchKind::check; }

  /// Sources that the party had and has no more, since this was last asked: their flows must go.
  [[nodiscard]] std::vector<Endpoint> take_gone() { return std::exchange(gone_, {}); }
  [[nodiscard]] bool has_gone() const { return !gone_.empty(); }

  // What changes sources().

  /// (b): a verified check came from `remote`. The newest one wins; once a check has nominated
  /// (RFC 8445 §8.1.1), only nominating ones move the destination. False if it shows too many
  /// sources.
  [[nodiscard]] bool latch_by_check(Time now, const Endpoint& remote, bool nominates);
  /// (a), (c). `rtp`: the party of the RTP that this is the RTCP of; null if it is none.
  [[nodiscard]] Admission latch_exactly(const ReceivedPacket& received, const Party* rtp);
  /// The end of (e).
  [[nodiscard]] Admission reclaim(const ReceivedPacket& received);
  /// (d), (e), (f).
  [[nodiscard]] Admission latch_by_address(const ReceivedPacket& received, const Party* rtp);

  /// Of RTCP: RTP has latched elsewhere. True if that ends what was latched here.
  [[nodiscard]] bool follow(const Party& rtp);
  /// What is due at `now`: LatchTiming's decision, and the end of a latch that newer SDP has left
  /// and that fell silent. Nothing if nothing is; otherwise what is left of sources(), to be put in
  /// force by settle(). `flows` has those of sources().
  [[nodiscard]] std::optional<Decision> due(Time now, const FlowReader& flows) const;
  void settle(Time now, const Decision& decision);
  /// When LatchTiming decides; kNever if nothing waits for it.
  [[nodiscard]] Time decision_due() const;

  /// What the latched source sent, but for the flow that is in force.
  [[nodiscard]] const FlowUsage& heard() const { return heard_; }
  void note_heard(const Endpoint& source, const FlowUsage& usage);
  /// The key of the flow from that source.
  [[nodiscard]] FlowKey key_of(const Endpoint& source) const {
    return {signalled_.socket, source, kNoChannel};
  }

  /// (g): takes over what a new SDP says; the same values change nothing. A new socket starts over.
  /// An exact latch goes where the new SDP says at once (RFC 3264 §8.3.1); a learned one stays as
  /// long as it is heard, for its party is behind a NAT that the SDP knows nothing of. So does
  /// everything when the SDP names no place to send to: once its checks are done, an ICE agent
  /// offers the address that the far agent sees of it (RFC 5245 §9.1.2.2), which is a port of the
  /// edge.
  void update(Time now, const UdpLeg& signalled);

 private:
  struct Latch {
    Endpoint at;
    LatchKind kind = LatchKind::exact;
    Time since{};  // its beginning, or newer SDP
    bool is_provisional = false;
    std::uint64_t packets_before = 0;   // `since`
    std::optional<Endpoint> rtp_was{};  // (f): where RTP was latched
  };

  [[nodiscard]] bool learns_by_address() const;
  [[nodiscard]] bool is_admitted(const IpAddress& address) const;
  [[nodiscard]] bool admits_exact(const IpAddress& address, const Party* rtp) const;
  [[nodiscard]] bool is_where_signalled() const;
  [[nodiscard]] bool holds(const ReceivedPacket& received) const;
  [[nodiscard]] Admission first(const ReceivedPacket& received);
  [[nodiscard]] Admission take_over(const ReceivedPacket& received);
  [[nodiscard]] Admission move(const ReceivedPacket& received);
  [[nodiscard]] Admission latch_rtcp(const ReceivedPacket& received, const Party& rtp);
  void latch(Time now, const Endpoint& at, LatchKind kind);
  void unlatch();
  [[nodiscard]] Endpoint best_source(const FlowReader& flows) const;
  [[nodiscard]] bool is_preferred(const Endpoint& source) const;

  UdpLeg signalled_;
  std::optional<Latch> latch_;
  std::vector<Endpoint> sources_;
  std::vector<Endpoint> gone_;
  FlowUsage heard_;
  Challenge challenge_;
  std::optional<Endpoint> moved_from_;
  std::optional<Time> waiting_since_;  // LatchTiming
  bool nominated_ = false;
  bool is_left_ = false;  // newer SDP names another place to send to
};

}  // namespace avedge::latching
