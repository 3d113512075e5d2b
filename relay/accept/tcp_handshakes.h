// TCP connections between accept(2) and their worker: the PROXY header, the first byte that
// distinguishes TLS from plain TURN (RFC 7983's ranges), the TLS handshake.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "relay/core/deadline_queue.h"
#include "relay/secure/tls_context.h"
#include "relay/stream/tcp_connection.h"
#include "relay/threads/event_loop.h"

namespace avedge::relay {

/// The maximum time from accept(2) to the end of a client's handshake.
inline constexpr std::chrono::seconds kHandshakeTimeout{10};

/// A TCP port that clients come to.
struct TcpListener {
  FileDescriptor fd;
  Endpoint local;
  std::uint16_t listener = 0;
  bool admits_plain = false;
  bool expects_proxy_header = false;
  std::optional<secure::TlsContext> tls;  // nothing: TLS is not spoken here
};

/// The handshake thread only.
class TcpHandshakes {
 public:
  using Index = DeadlineQueue::Index;
  /// Receives a client whose handshake is complete.
  using Deliver = std::function<void(std::unique_ptr<TcpConnection>)>;

  /// `loop`: where arrivals are watched, each under `tag | its index`, which is also the place
  /// that `holder` has it at. All outlive this.
  TcpHandshakes(EventLoop& loop, std::uint64_t tag, ConnectionLimits& limits,
                ConnectionHolder& holder, const FrameQueueLimits& queue, Drops& drops,
                Deliver deliver)
      : loop_{loop},
        tag_{tag},
        limits_{limits},
        holder_{holder},
        queue_{queue},
        drops_{drops},
        deliver_{std::move(deliver)} {}

  /// Accepts pending connections, at most kAcceptedInARow.
  void accept(const TcpListener& listener, Time now);
  /// Something arrived on that connection.
  void serve(Index index, Time now);
  /// Closes it, if it is the one that was admitted so.
  void evict(Index index, const AdmissionId& id);
  void expire(Time now);
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }

 private:
  enum class Stage : std::uint8_t { proxy_header, first_byte, handshake };
  struct Pending {
    FileDescriptor fd;
    Path path;
    Admission admission;
    std::optional<secure::TlsContext> tls;
    bool admits_plain = false;
    Stage stage = Stage::first_byte;
    SslPtr ssl;
  };
  enum class Step : std::uint8_t { waits, goes_on, delivered };

  void receive(const TcpListener& listener, FileDescriptor fd, const Endpoint& remote, Time now);
  [[nodiscard]] Verdict<Step> step(Index index, Pending& pending, Time now);
  [[nodiscard]] Verdict<Step> read_proxy_header(Index index, Pending& pending, Time now);
  [[nodiscard]] Verdict<Step> read_first_byte(Pending& pending);
  [[nodiscard]] Verdict<Step> continue_handshake(Index index, Pending& pending);
  Step deliver(Pending& pending, Transport transport);
  void forget(Index index);
  /// False: there is no room for it.
  [[nodiscard]] bool admit(Index index, Pending& pending, Time now);
  [[nodiscard]] Index next_place();

  EventLoop& loop_;
  std::uint64_t tag_;
  ConnectionLimits& limits_;
  ConnectionHolder& holder_;
  FrameQueueLimits queue_;
  Drops& drops_;
  Deliver deliver_;
  std::vector<std::unique_ptr<Pending>> pending_;
  std::vector<Index> free_;
  DeadlineQueue deadlines_;
  FileDescriptor spare_;  // closed temporarily to reject a client when no descriptor is left
};

}  // namespace avedge::relay
