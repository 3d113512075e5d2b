// How many connections clients may have open. Those that have shown no credentials yet have a share
// of their own on each interface, because anybody can open connections: when it is used up, one of
// them makes room for the next (StrangerTable). A client with an allocation never does.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "relay/core/endpoint.h"
#include "relay/core/stranger_table.h"

namespace avedge::relay {

struct ConnectionCaps {
  std::size_t total = 10'000;
  StrangerCaps half_open;  // on each interface
};

/// Names an admitted connection for as long as the process runs.
struct AdmissionId {
  std::size_t share = 0;
  StrangerTable::Id stranger = 0;
  friend bool operator==(const AdmissionId&, const AdmissionId&) = default;
};

/// Has connections of strangers, and closes those that are evicted.
class ConnectionHolder {
 public:
  virtual ~ConnectionHolder() = default;
  /// Any thread; soon and elsewhere. What the holder has at `place` may be another connection by
  /// then: only the one with that id is to be closed.
  virtual void evict(std::uint64_t place, const AdmissionId& id) = 0;
};

/// Where admissions are recorded. Any thread.
class AdmissionRegistry {
 public:
  /// `holder` has the connection from now on, at `place`. False: it was evicted before.
  [[nodiscard]] virtual bool hold(const AdmissionId& id, ConnectionHolder& holder,
                                  std::uint64_t place) = 0;
  virtual void note_request(const AdmissionId& id, Time now) = 0;
  /// It is not half-open any more. False: it was evicted before.
  [[nodiscard]] virtual bool settle(const AdmissionId& id) = 0;
  virtual void leave(const AdmissionId& id, bool half_open) = 0;

 protected:
  ~AdmissionRegistry() = default;
};

/// One connection's place. Given back when destroyed, the half-open part when settled.
class Admission {
 public:
  Admission() = default;
  Admission(AdmissionRegistry& registry, const AdmissionId& id) : registry_{&registry}, id_{id} {}
  Admission(Admission&& other) noexcept { swap(other); }
  Admission& operator=(Admission&& other) noexcept {
    Admission taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~Admission();

  /// From now on `holder` has the connection, at `place`. False: it was evicted meanwhile, and is
  /// to be closed. `holder` outlives the admission or the next call.
  [[nodiscard]] bool hold(ConnectionHolder& holder, std::uint64_t place);
  /// The client sent a complete request.
  void note_request(Time now);
  /// The connection has earned its place: it no longer counts as half-open, and is not evicted.
  void settle();
  [[nodiscard]] const AdmissionId& id() const { return id_; }

 private:
  void swap(Admission& other) noexcept {
    std::swap(registry_, other.registry_);
    std::swap(id_, other.id_);
    std::swap(half_open_, other.half_open_);
  }

  AdmissionRegistry* registry_ = nullptr;
  AdmissionId id_;
  bool half_open_ = true;
};

/// Any thread; slow path only. Outlives every admission.
class ConnectionLimits final : private AdmissionRegistry {
 public:
  /// `share_of_listener`: of each configured listener the number of its interface.
  explicit ConnectionLimits(const ConnectionCaps& caps,
                            std::vector<std::size_t> share_of_listener = {0});
  ConnectionLimits(const ConnectionLimits&) = delete;
  ConnectionLimits& operator=(const ConnectionLimits&) = delete;

  /// A place for a new, half-open connection of that source; somebody else's when a cap of
  /// half-open ones is reached. Nothing when that many clients with allocations are there.
  [[nodiscard]] std::optional<Admission> admit(std::size_t listener, const IpAddress& source,
                                               Time now);
  /// Closes one half-open connection, of that listener's interface if there is one. False: there
  /// are none.
  bool make_room(std::size_t listener, Time now);
  [[nodiscard]] std::size_t open() const;
  [[nodiscard]] std::size_t half_open() const;

 private:
  struct Holder {
    ConnectionHolder* who = nullptr;  // null: on its way to its first
    std::uint64_t place = 0;
  };
  struct Share {
    StrangerTable strangers;
    std::unordered_map<StrangerTable::Id, Holder> holders;
  };

  // AdmissionRegistry
  [[nodiscard]] bool hold(const AdmissionId& id, ConnectionHolder& holder,
                          std::uint64_t place) override;
  void note_request(const AdmissionId& id, Time now) override;
  [[nodiscard]] bool settle(const AdmissionId& id) override;
  void leave(const AdmissionId& id, bool half_open) override;

  // With the lock held.
  bool make_room_in(std::size_t share, Time now);
  void evicted(std::size_t share, StrangerTable::Id stranger);
  [[nodiscard]] std::size_t largest_share() const;

  const ConnectionCaps caps_;
  const std::vector<std::size_t> share_of_listener_;
  mutable std::mutex mutex_;
  std::size_t open_ = 0;
  std::vector<Share> shares_;
};

}  // namespace avedge::relay
