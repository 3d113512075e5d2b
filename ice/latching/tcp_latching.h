// Latching over TCP: admits the connections of a call's parties, dials the other party for them,
// and joins what belongs together.
#pragma once

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include "ice/latching/own_addresses.h"
#include "ice/latching/udp_path_handler.h"
#include "relay/core/counters.h"
#include "relay/core/deadline_queue.h"
#include "relay/core/side.h"
#include "relay/core/stream_connections.h"

namespace avedge::latching {

/// One per worker, on its thread. Its paths are bounded by the media sessions that signalling
/// admits, the connections of each by the limits below.
class TcpLatching {
 public:
  /// How long a connection may stay unproven, or wait for one of the other party.
  static constexpr std::chrono::seconds kPatience{30};
  /// How long the other party's passive endpoints are tried before a connection of its own will do,
  /// too: behind a NAT they are addresses that never answer.
  static constexpr std::chrono::seconds kHeadStart{1};
  /// How often a path's counters are published.
  static constexpr std::chrono::seconds kPublishInterval{1};
  static constexpr std::size_t kMaxUnproven = 8;  // on each port
  static constexpr std::size_t kMaxWaiting = 4;   // of each party on each path
  static constexpr std::size_t kMaxPipes = 8;     // on each path

  /// All outlive this. `datagrams`: of the same worker. `own_addresses` are those of the edge's
  /// relayed ports, under all names.
  TcpLatching(StreamConnections& connections, UdpPathHandler& datagrams, WorkerCounters& counters,
              std::vector<IpAddress> own_addresses = {})
      : worker_{connections},
        datagrams_{datagrams},
        counters_{counters},
        own_addresses_{std::move(own_addresses)} {}

  /// As MediaPathHandler::set_path(). At least one leg is over TCP.
  void set_path(Time now, const MediaPath& path, Outcome& outcome);
  void remove_path(MediaPathId path, Outcome& outcome);

  [[nodiscard]] bool has(MediaPathId path) const { return paths_.contains(path); }

  /// Fails with unknown_source (no party's, or not shown to be), connection_limit (too many
  /// unproven ones on that port) or table_full (too many of that party's). A dialled connection
  /// that fails is connection_failed.
  [[nodiscard]] Verdict<void> on_stream(Time now, const StreamEvent& event, Outcome& outcome);

  /// Ends connections that have waited too long, and publishes the counters of all paths.
  void expire(Time now, Outcome& outcome);
  [[nodiscard]] Time next_deadline() const {
    return std::min(deadlines_.next(), next_publication_);
  }

 private:
  enum class Stage : std::uint8_t {
    unproven,  // unassigned until its first frame identifies the party
    calling,   // dials for it are pending, and have their head start
    waiting,   // for a pending dial, or for a connection of the other party
    dialled,   // by us, for `partner`
    joined,    // with `partner`
    framed     // its frames are datagrams to and from a party without TCP
  };

  struct Component {
    MediaPath signalled;
    std::vector<SocketId> connections;  // in the order they came
    FlowUsage past[2];                  // of connections that are gone, by the side they came from
    SocketId framed = kNoSocket;        // the one at that stage: one UDP socket serves one only
    std::shared_ptr<MediaPathCounters> datagrams;  // … and what its frames are counted in

    [[nodiscard]] const Leg& leg(Side side) const {
      return side == Side::caller ? signalled.caller : signalled.callee;
    }
  };
  struct End {
    Component* path = nullptr;
    Side side = Side::caller;
    /// Of a party with TCP.
    [[nodiscard]] const TcpLeg& party() const { return std::get<TcpLeg>(path->leg(side)); }
    [[nodiscard]] End opposite() const { return {path, other(side)}; }
    /// Whether the party has no TCP at all.
    [[nodiscard]] bool has_datagrams_only() const {
      return std::holds_alternative<UdpLeg>(path->leg(side));
    }
    friend bool operator==(const End&, const End&) = default;
  };
  struct Connection {
    SocketId id = kNoSocket;
    SocketId port = kNoSocket;
    Endpoint remote;
    Time since;
    Stage stage = Stage::unproven;
    End end = {};  // whose it is, unless unproven
    SocketId partner = kNoSocket;
  };
  struct PortState {
    std::vector<End> ends;  // several if branches of a fork share it
    std::vector<SocketId> unproven;
  };

  [[nodiscard]] Verdict<void> on_accepted(Time now, const StreamEvent& event, Outcome& outcome);
  [[nodiscard]] Verdict<void> on_first_frame(Time now, const StreamEvent& event, Outcome& outcome);
  void on_connected(const StreamEvent& event, Outcome& outcome);
  [[nodiscard]] Verdict<void> on_ended(Time now, const StreamEvent& event, Outcome& outcome);

  [[nodiscard]] Verdict<void> admit(Time now, Connection& connection, const End& end,
                                    Outcome& outcome);
  [[nodiscard]] Verdict<void> refuse(Connection& connection, DropReason reason, Outcome& outcome);
  [[nodiscard]] bool may_be(const End& end, const Endpoint& remote) const;
  [[nodiscard]] bool must_prove_itself(const End& end) const;
  [[nodiscard]] bool has_room(const End& end) const;

  void serve_waiting(Time now, const Component& path, Outcome& outcome);
  void seek_partner(Time now, Connection& connection, Outcome& outcome);
  [[nodiscard]] bool join_waiting(Connection& connection, Outcome& outcome);
  [[nodiscard]] bool dial_for(Time now, const Connection& requester);
  [[nodiscard]] bool is_dialled_for(SocketId requester, const Component& path) const;
  void wait(Connection& connection, Outcome& outcome);
  void join(Connection& one, Connection& other, Outcome& outcome);
  void hang_up_dials(const Connection& requester, Outcome& outcome);

  void make_frames(Time now, Connection& connection, Outcome& outcome);
  void keep_frames(Time now, const Component& path, Outcome& outcome);
  void update_frames(Time now, const Component& path, Outcome& outcome);
  void end_frames(Component& path, Outcome& outcome);

  void enter(SocketId port, const End& end);
  void leave(SocketId port, const End& end, Outcome& outcome);
  void close(Connection& connection, Outcome& outcome);
  void forget(Connection& connection);
  [[nodiscard]] Connection* find(SocketId id);
  void expire(Connection& connection, Outcome& outcome);
  void publish(const Component& path) const;
  [[nodiscard]] static FlowUsage usage_of(const MediaPathCounters& counters, Side side);

  StreamConnections& worker_;
  UdpPathHandler& datagrams_;
  WorkerCounters& counters_;
  OwnAddresses own_addresses_;
  std::unordered_map<MediaPathId, std::unique_ptr<Component>> paths_;
  std::unordered_map<SocketId, PortState> ports_;
  std::unordered_map<SocketId, Connection> connections_;
  DeadlineQueue deadlines_;  // by connection
  Time next_publication_ = kNever;
};

}  // namespace avedge::latching
