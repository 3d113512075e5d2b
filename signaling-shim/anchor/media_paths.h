// Keeps the worker's paths in step with what a dialog agreed on.
#pragma once

#include <map>

#include "signaling-shim/anchor/path_slots.h"

namespace avedge::anchor {

/// The paths of one dialog over UDP; removed with it. The near end is the caller, the far end the
/// callee.
class MediaPaths {
 public:
  MediaPaths(PathFactory& factory, WorkerId worker, Latching latching)
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
    for (const auto& [key, slot] : slots_) {
      if (slot.is_live) visit(key.first, key.second, slot.path);
    }
  }

 private:
  using Key = PathKey;
  using Slot = PathSlot<MediaPath>;
  /// What leads from one party to the other; the ports are those of the state it was made of.
  struct Joint {
    UdpLeg near;
    UdpLeg far;
    const MediaPort& near_port;
    const MediaPort& far_port;
  };
  using Wanted = std::map<Key, Joint>;

  [[nodiscard]] Wanted wanted(const DialogState& state) const;
  [[nodiscard]] static const MediaPort& port_of(const DialogState& state, Side side,
                                                const Key& key);
  void remove_stale(const Wanted& wanted);
  void set(const Key& key, Joint joint);
  [[nodiscard]] std::optional<MediaPathId> rtp_of(const Key& key) const;
  void note_forwarding(MediaPathId path, const Joint& joint);
  void remove(Slot& slot);

  PathFactory& factory_;
  WorkerId worker_;
  Latching latching_;
  PathSlots<MediaPath> slots_;
};

}  // namespace avedge::anchor
