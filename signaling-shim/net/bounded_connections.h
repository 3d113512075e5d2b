// A bounded number of connections, of which the slowest makes room for the next: clients that hold
// connections without saying anything must not shut out those that do.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "relay/core/counters.h"

namespace avedge::net {

/// Held by a listener and by the places of its connections. On one thread only, except evicted().
class BoundedConnections {
  struct Entry;
  using Order = std::list<Entry*>;

 public:
  using Close = std::function<void()>;
  explicit BoundedConnections(std::size_t most) : most_{most} {}

  /// One connection's, a member of it. Movable to what the connection turns into.
  class Place {
   public:
    Place() = default;
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) noexcept = default;

    /// A whole request came, or a whole answer left: it is the last to make room.
    void made_progress() {
      if (entry_ && !entry_->is_evicted) {
        Order& order = entry_->among->order_;
        order.splice(order.end(), order, entry_->position);
      }
    }
    /// From now on this closes the connection.
    void set_close(Close close) {
      if (entry_) entry_->close = std::move(close);
    }

   private:
    friend class BoundedConnections;
    explicit Place(std::unique_ptr<Entry> entry) : entry_{std::move(entry)} {}
    std::unique_ptr<Entry> entry_;
  };

  /// A place for one more. If there were as many as there may be, the connection that has made no
  /// progress for longest is closed. `close` ends what the connection waits for; its handlers run
  /// later.
  [[nodiscard]] static Place enter(const std::shared_ptr<BoundedConnections>& among, Close close) {
    if (among->order_.size() >= among->most_) among->make_room();
    return Place{std::make_unique<Entry>(among, std::move(close))};
  }

  /// Closes the slowest, if there is one.
  void make_room() {
    if (order_.empty()) return;
    Entry& slowest = *order_.front();
    order_.pop_front();
    slowest.is_evicted = true;
    evicted_.add(1);
    slowest.close();
  }

  [[nodiscard]] std::size_t size() const { return order_.size(); }
  /// Connections that had to make room. Any thread.
  [[nodiscard]] std::uint64_t evicted() const { return evicted_.value(); }

 private:
  struct Entry {
    Entry(std::shared_ptr<BoundedConnections> which, Close how)
        : among{std::move(which)},
          close{std::move(how)},
          position{among->order_.insert(among->order_.end(), this)} {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() {
      if (!is_evicted) among->order_.erase(position);
    }

    std::shared_ptr<BoundedConnections> among;
    Close close;
    Order::iterator position;
    bool is_evicted = false;
  };

  const std::size_t most_;
  Order order_;  // by their last progress, the longest ago first
  Counter evicted_;
};

}  // namespace avedge::net
