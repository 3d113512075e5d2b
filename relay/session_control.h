// The signalling thread's handle on the data plane: it leases and binds anchor ports itself,
// synchronously, then hands sockets and paths to the worker that will own them. No call waits
// for a mailbox; orders from one thread to one worker are carried out in the order given.
#pragma once

#include <string_view>
#include <utility>

#include "relay/core/drop_reason.h"
#include "relay/core/flow.h"
#include "relay/core/media_path.h"

namespace avedge {

/// Where a media port is given back.
class MediaPortOwner {
 public:
  virtual ~MediaPortOwner() = default;
  /// Called by ~MediaPort. Paths over the socket must have been removed.
  virtual void release(WorkerIndex worker, SocketId socket) = 0;
};

/// A leased, bound anchor socket, over UDP or over TCP, handed to `worker`. Frees the port when
/// destroyed.
class MediaPort {
 public:
  MediaPort() = default;
  MediaPort(MediaPortOwner& owner, WorkerIndex worker, SocketId socket, const Endpoint& local,
            const Endpoint& advertised)
      : owner_{&owner}, worker_{worker}, socket_{socket}, local_{local}, advertised_{advertised} {}
  MediaPort(MediaPort&& other) noexcept { swap(other); }
  MediaPort& operator=(MediaPort&& other) noexcept {
    MediaPort taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~MediaPort() {
    if (owner_ != nullptr) owner_->release(worker_, socket_);
  }

  [[nodiscard]] explicit operator bool() const { return owner_ != nullptr; }
  [[nodiscard]] SocketId socket() const { return socket_; }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  /// What goes into SDP: the local address, or its public name behind 1:1 NAT.
  [[nodiscard]] const Endpoint& advertised() const { return advertised_; }

 private:
  void swap(MediaPort& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(worker_, other.worker_);
    std::swap(socket_, other.socket_);
    std::swap(local_, other.local_);
    std::swap(advertised_, other.advertised_);
  }

  MediaPortOwner* owner_ = nullptr;
  WorkerIndex worker_{};
  SocketId socket_ = kNoSocket;
  Endpoint local_;
  Endpoint advertised_;
};

/// RTP on an even port, RTCP on the next one (RFC 3550 §11).
struct MediaPortPair {
  MediaPort rtp;
  MediaPort rtcp;
};

class SessionControl : public MediaPortOwner {
 public:
  /// The worker for a new call: all its sockets live there for the call's life.
  [[nodiscard]] virtual WorkerIndex assign_worker() = 0;
  /// Two adjacent ports of that interface's relay range. Fails with ports_exhausted, or with
  /// family_unsupported when the interface has no address of that family.
  [[nodiscard]] virtual Verdict<MediaPortPair> lease_pair(WorkerIndex worker,
                                                          std::string_view interface,
                                                          AddressFamily family) = 0;
  /// One UDP port, for a party without TCP towards one that has it. Fails like lease_pair().
  [[nodiscard]] virtual Verdict<MediaPort> lease_single(WorkerIndex worker,
                                                        std::string_view interface,
                                                        AddressFamily family) = 0;
  /// A listening TCP port, for one component of a section that may run over TCP. Nothing is
  /// accepted before its path is set; earlier connections wait. Fails like lease_pair().
  [[nodiscard]] virtual Verdict<MediaPort> lease_stream(WorkerIndex worker,
                                                        std::string_view interface,
                                                        AddressFamily family) = 0;
  /// Whether that port is leased at this moment, to a call or an allocation, on whatever interface
  /// and under whichever of its names.
  [[nodiscard]] virtual bool is_leased(const Endpoint& port, Transport transport) const = 0;
  /// Creates the path, or changes it. A changed SDP allows its parties to latch again; the same
  /// values again change nothing. Joined connections stay joined, unless their port no longer
  /// belongs to the path.
  virtual void set_path(WorkerIndex worker, const MediaPath& path) = 0;
  /// Ends the path's connections, too.
  virtual void remove_path(WorkerIndex worker, MediaPathId path) = 0;
};

}  // namespace avedge
