// The slow path of anchor sockets: joins the two parties of every media path by flows, once it
// knows where they are, and forwards what comes before that.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "ice/latching/own_addresses.h"
#include "ice/latching/party.h"
#include "relay/core/counters.h"
#include "relay/core/media_path.h"

namespace avedge::latching {

/// One per worker, on its thread. Bounded by the media sessions that signalling admits.
class AnchorLatching final : public MediaPathHandler {
 public:
  /// How often a path's counters are published.
  static constexpr std::chrono::seconds kPublishInterval{1};

  /// Both outlive this. `own_addresses` are those of the edge's relayed ports, under all names.
  /// What comes from there is some relayed address, or a call that crosses the edge twice.
  AnchorLatching(const FlowReader& flows, WorkerCounters& counters,
                 std::vector<IpAddress> own_addresses = {})
      : flows_{flows}, counters_{counters}, own_addresses_{std::move(own_addresses)} {}

  void set_path(Time now, const MediaPath& path, Outcome& outcome) override;
  void remove_path(Time now, MediaPathId path, Outcome& outcome) override;

  /// A packet of a source that is not latched yet, or STUN of one that is. Latches if it may, and
  /// forwards. Fails with unknown_source, too_many_sources or no_destination.
  [[nodiscard]] Verdict<void> handle(Time now, const Path& path, ConstBytes datagram,
                                     Outcome& outcome) override;

  /// Publishes the counters of all paths.
  void expire(Time now, Outcome& outcome) override;
  [[nodiscard]] Time next_deadline() const override { return next_publication_; }

 private:
  enum class Side : std::uint8_t { near, far };

  struct JoinedPath {
    explicit JoinedPath(const MediaPath& path);
    MediaPathId id;
    Party near;
    Party far;
    std::shared_ptr<MediaPathCounters> counters;
    FlowUsage past[2];  // of flows that are gone, and of what the slow path forwarded itself

    [[nodiscard]] Party& party(Side side) { return side == Side::near ? near : far; }
    [[nodiscard]] Party& opposite(Side side) { return side == Side::near ? far : near; }
  };
  struct End {
    JoinedPath* path;
    Side side;
    [[nodiscard]] Party& party() const { return path->party(side); }
  };

  [[nodiscard]] Verdict<End> find_source(const Path& path, ConstBytes datagram, Outcome& outcome);
  [[nodiscard]] bool may_be(const Party& party, const Endpoint& remote) const;
  [[nodiscard]] const std::vector<End>& ends_of(SocketId socket) const;
  [[nodiscard]] Verdict<void> forward(Time now, const End& from, ConstBytes datagram,
                                      Outcome& outcome);

  void join(JoinedPath& path, Outcome& outcome);
  void join_one_way(JoinedPath& path, Side from, Outcome& outcome);
  void part(JoinedPath& path, Outcome& outcome);
  void part_one_way(JoinedPath& path, Side from, Outcome& outcome);
  void add_ends(JoinedPath& path);
  void remove_ends(JoinedPath& path);
  void publish(JoinedPath& path) const;

  const FlowReader& flows_;
  WorkerCounters& counters_;
  OwnAddresses own_addresses_;
  std::unordered_map<MediaPathId, std::unique_ptr<JoinedPath>> paths_;
  std::unordered_map<SocketId, std::vector<End>> ends_;
  Time next_publication_ = kNever;
};

}  // namespace avedge::latching
