// What transports ask, and what the connections of a listener share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "signaling-shim/net/bounded_connections.h"
#include "signaling-shim/ng/counters.h"
#include "signaling-shim/ng/settings.h"

namespace avedge::ng {

/// Knows the protocol, the time, and what to do when memory runs out.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// The reply to a message with its cookie; nothing if none is due. `peer` names the client.
  [[nodiscard]] virtual std::optional<std::string> on_message(std::string_view peer,
                                                              std::string_view message) = 0;
  /// The reply to a bare dictionary.
  [[nodiscard]] virtual std::string on_payload(std::string_view payload) = 0;
};

/// Held by a listener and its connections, which may outlive the handler by a moment: it is gone
/// once `handler` is null. Signalling thread only.
struct ListenerContext {
  RequestHandler* handler = nullptr;
  Counters* counters = nullptr;
  Limits limits;
  std::shared_ptr<net::BoundedConnections> connections;

  void recount() const {
    if (handler == nullptr) return;
    counters->connections.set(static_cast<std::int64_t>(connections->size()));
  }
};

/// One connection's share of it, counted for as long as it is held. Moves along when a connection
/// turns from HTTP to WebSocket.
class ConnectionSlot {
 public:
  explicit ConnectionSlot(std::shared_ptr<ListenerContext> context)
      : context_{std::move(context)},
        place_{net::BoundedConnections::enter(context_->connections, [] {})} {
    context_->recount();
  }
  ConnectionSlot(ConnectionSlot&&) noexcept = default;
  ConnectionSlot& operator=(ConnectionSlot&&) = delete;
  ~ConnectionSlot() {
    if (context_ == nullptr) return;
    place_ = {};
    context_->recount();
  }

  /// How the connection that has this is closed when it has to make room. Whoever holds a visit
  /// says so first.
  void set_close(net::BoundedConnections::Close close) { place_.set_close(std::move(close)); }
  void made_progress() { place_.made_progress(); }

  ListenerContext* operator->() const { return context_.get(); }

 private:
  std::shared_ptr<ListenerContext> context_;
  net::BoundedConnections::Place place_;
};

}  // namespace avedge::ng
