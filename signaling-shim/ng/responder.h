// What transports ask, and what the connections of a listener share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "signaling-shim/ng/counters.h"
#include "signaling-shim/ng/settings.h"

namespace avedge::ng {

/// Knows the protocol, the time, and what to do when memory runs out.
class Responder {
 public:
  virtual ~Responder() = default;
  /// The reply to a message with its cookie; nothing if none is due. `peer` names the client.
  [[nodiscard]] virtual std::optional<std::string> on_message(std::string_view peer,
                                                              std::string_view message) = 0;
  /// The reply to a bare dictionary.
  [[nodiscard]] virtual std::string on_payload(std::string_view payload) = 0;
};

/// Held by a listener and its connections, which may outlive the responder by a moment: it is gone
/// once `responder` is null. Signalling thread only.
struct Reception {
  Responder* responder = nullptr;
  Counters* counters = nullptr;
  Limits limits;
  std::size_t connections = 0;

  void enter() { set(connections + 1); }
  void leave() { set(connections - 1); }

 private:
  void set(std::size_t count) {
    connections = count;
    if (responder != nullptr) counters->connections.set(static_cast<std::int64_t>(count));
  }
};

/// One connection's share of it, counted for as long as it is held. Moves along when a connection
/// turns from HTTP to WebSocket.
class Visit {
 public:
  explicit Visit(std::shared_ptr<Reception> reception) : reception_{std::move(reception)} {
    reception_->enter();
  }
  Visit(Visit&&) noexcept = default;
  Visit& operator=(Visit&&) = delete;
  ~Visit() {
    if (reception_ != nullptr) reception_->leave();
  }

  Reception* operator->() const { return reception_.get(); }

 private:
  std::shared_ptr<Reception> reception_;
};

}  // namespace avedge::ng
