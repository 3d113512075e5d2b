// What TCP and TLS connections and DTLS sessions have in common: a path, and for clients of TURN an
// admission and whether they have shown credentials.
#pragma once

#include "relay/admission/connection_limits.h"
#include "relay/flows/connection.h"

namespace avedge::relay {

/// A connection that shows no credentials for this long is closed.
inline constexpr std::chrono::seconds kUnauthenticatedTimeout{30};

/// One worker's, on its thread.
class ClientTransport : public MessageTransport {
 public:
  /// An empty admission for whatever is not a client of TURN: it is never evicted.
  ClientTransport(const Path& path, Admission admission)
      : path_{path}, admission_{std::move(admission)} {}
  ClientTransport(const ClientTransport&) = delete;
  ClientTransport& operator=(const ClientTransport&) = delete;

  [[nodiscard]] const Path& path() const override { return path_; }
  void set_socket(SocketId id) { path_.socket = id; }

  /// Once it has its place in a worker. False: it was evicted on its way, and is to be closed.
  [[nodiscard]] bool complete_admission(ConnectionHolder& holder) {
    return admission_.hold(holder, static_cast<std::uint64_t>(path_.socket));
  }
  [[nodiscard]] bool was_admitted_as(const AdmissionId& id) const { return admission_.id() == id; }
  /// A complete message came. Of a stranger's, the limits are told once a second.
  void note_request(Time now) {
    if (auth_state_ == AuthState::authenticated || now < next_note_) return;
    next_note_ = now + std::chrono::seconds{1};
    admission_.note_request(now);
  }

  [[nodiscard]] AuthState auth_state() const { return auth_state_; }
  void set_auth_state(AuthState auth_state) {
    auth_state_ = auth_state;
    if (auth_state == AuthState::authenticated) admission_.settle();
  }

 private:
  Path path_;
  Admission admission_;
  AuthState auth_state_ = AuthState::unauthenticated;
  Time next_note_{};
};

}  // namespace avedge::relay
