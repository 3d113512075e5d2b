// Keeps the worker's TCP paths in step with a dialog's state, as MediaPaths does with those over
// UDP.
//
// Branches of a forked call share the ports that face their callees. Their connections are
// distinguished as datagrams are: by the signalled address, and by ICE checks, which name the
// branch.
#pragma once

#include <map>

#include "signaling-shim/anchor/path_entries.h"

namespace avedge::anchor {

/// The paths of one dialog; removed with it. The near end is the caller, the far end the callee.
class StreamPaths {
 public:
  StreamPaths(PathFactory& factory, WorkerIndex worker, Latching latching)
      : factory_{factory}, worker_{worker}, latching_{latching} {}
  StreamPaths(const StreamPaths&) = delete;
  StreamPaths& operator=(const StreamPaths&) = delete;
  ~StreamPaths();

  /// Posts new and changed paths and removes old ones; the same state again posts nothing. Ports
  /// that only the old state holds may be freed afterwards, not before.
  void sync(const DialogState& state);
  /// Whether a party may be sent to one of these addresses of this host before it has latched.
  [[nodiscard]] bool lead_to(const LocalAddresses& addresses) const;

  /// Packets are counted only where frames become datagrams; bytes for other connections.
  [[nodiscard]] MediaTotals totals() const;
  /// When anything was last forwarded; Time{} if never.
  [[nodiscard]] Time last_activity() const;

 private:
  using Key = PathKey;
  using Entry = PathEntry<StreamPath>;
  struct DesiredPath {
    StreamPath path;  // without id and counters
    const MediaPort& near_port;
    const MediaPort& far_port;
  };
  using Wanted = std::map<Key, DesiredPath>;

  [[nodiscard]] Wanted wanted(const DialogState& state) const;
  [[nodiscard]] DesiredPath desired_path(const DialogState& state, const Key& key) const;
  void remove_stale(const Wanted& wanted);
  void set(const Key& key, DesiredPath desired);
  void drop_loops(DesiredPath& desired) const;
  void drop_loop(std::optional<UdpLeg>& party, const MediaPort& port) const;
  void note_forwarding(MediaPathId path, const DesiredPath& desired);
  void remove(Entry& entry);

  PathFactory& factory_;
  WorkerIndex worker_;
  Latching latching_;
  PathEntries<StreamPath> entries_;
};

}  // namespace avedge::anchor
