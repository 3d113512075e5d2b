// Keeps the worker's paths in step with what a dialog agreed on.
#pragma once

#include <map>

#include "signaling-shim/anchor/path_entries.h"

namespace avedge::anchor {

/// The paths of one dialog over UDP; removed with it. The near end is the caller, the far end the
/// callee.
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

  [[nodiscard]] MediaTotals totals() const;
  /// When media was last forwarded; Time{} if never.
  [[nodiscard]] Time last_activity() const;
  /// Calls visit(m= line, component, path) for every path that is in force.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [key, entry] : entries_) {
      if (entry.is_live) visit(key.first, key.second, entry.path);
    }
  }

 private:
  using Key = PathKey;
  using Entry = PathEntry<MediaPath>;
  /// What leads from one party to the other; the ports are those of the state it was made of.
  struct DesiredPath {
    UdpLeg near;
    UdpLeg far;
    const MediaPort& near_port;
    const MediaPort& far_port;
  };
  using Wanted = std::map<Key, DesiredPath>;

  [[nodiscard]] Wanted wanted(const DialogState& state) const;
  [[nodiscard]] static const MediaPort& port_of(const DialogState& state, Side side,
                                                const Key& key);
  void remove_stale(const Wanted& wanted);
  void set(const Key& key, DesiredPath desired);
  [[nodiscard]] std::optional<MediaPathId> rtp_of(const Key& key) const;
  void note_forwarding(MediaPathId path, const DesiredPath& desired);
  void remove(Entry& entry);

  PathFactory& factory_;
  WorkerIndex worker_;
  Latching latching_;
  PathEntries<MediaPath> entries_;
};

}  // namespace avedge::anchor
