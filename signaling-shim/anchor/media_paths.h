// Keeps the worker's paths in step with what a dialog agreed on.
//
// Branches of a forked call share the ports that face their callees. Their datagrams and
// connections are told apart by the signalled address, and by ICE checks, which name the branch.
#pragma once

#include <map>

#include "signaling-shim/anchor/call_observer.h"
#include "signaling-shim/anchor/leg_builder.h"

namespace avedge::anchor {

/// The paths of one dialog; removed with it.
class MediaPaths {
 public:
  MediaPaths(PathFactory& factory, WorkerIndex worker, Latching latching)
      : factory_{factory}, worker_{worker}, latching_{latching} {}
  MediaPaths(const MediaPaths&) = delete;
  MediaPaths& operator=(const MediaPaths&) = delete;
  ~MediaPaths();

  /// Posts what is new or changed and removes what is gone; the same state again posts nothing.
  /// Ports that only the old state holds may be freed afterwards, not before.
  void sync(const DialogState& state);
  /// Whether a party may be sent to one of these addresses of this host before it has latched.
  [[nodiscard]] bool lead_to(const LocalAddresses& addresses) const;

  /// Packets are not counted where one party's TCP connection is joined to the other's.
  [[nodiscard]] MediaTotals totals() const;
  /// When media was last forwarded; Time{} if never.
  [[nodiscard]] Time last_activity() const;
  /// Calls visit(m= line, component, path) for every path of datagrams that is in force.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [key, entry] : entries_) {
      if (!entry.is_live || key.carrier != Carrier::datagrams) continue;
      visit(key.line, key.component, *udp_path_of(entry.path));
    }
  }

 private:
  /// A line may have both, and its parties agree on one of them by ICE.
  enum class Carrier : std::uint8_t { datagrams, streams };
  /// RTP comes before its RTCP.
  struct Key {
    std::size_t line = 0;
    Carrier carrier{};
    Component component{};
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  /// Outlives its active path, so that counters continue when a line returns.
  struct Entry {
    MediaPath path;
    bool is_live = false;
  };
  /// What leads from one party to the other; the ports are those of the state it was made of.
  struct DesiredPath {
    Leg caller;
    Leg callee;
    const MediaPort& caller_port;
    const MediaPort& callee_port;
  };
  using Wanted = std::map<Key, DesiredPath>;

  [[nodiscard]] Wanted wanted(const DialogState& state) const;
  [[nodiscard]] DesiredPath desired_path(const DialogState& state, const Key& key) const;
  void remove_stale(const Wanted& wanted);
  void set(const Key& key, DesiredPath desired);
  void drop_loops(DesiredPath& desired) const;
  [[nodiscard]] std::optional<MediaPathId> rtp_of(const Key& key) const;
  void note_forwarding(MediaPathId path, const DesiredPath& desired);
  void activate(Entry& entry);
  void remove(Entry& entry);

  PathFactory& factory_;
  WorkerIndex worker_;
  Latching latching_;
  std::map<Key, Entry> entries_;
};

}  // namespace avedge::anchor
