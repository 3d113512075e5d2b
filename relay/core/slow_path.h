// Where protocol knowledge meets the data plane. A handler owns no socket and no clock: a datagram
// and a time go in, replies and flow edits come out. Everything here runs on one worker's thread.
#pragma once

#include <span>
#include <vector>

#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"
#include "relay/core/flow.h"

namespace avedge {

/// How a datagram came in.
struct Path {
  SocketId socket = kNoSocket;
  Endpoint local;   // the address our socket is bound to
  Endpoint remote;  // who sent it
  Transport transport = Transport::udp;
};

/// What a handler wants done, in order: first the replies, then the edits. Reused from datagram to
/// datagram, so that it stops allocating once it is warm.
class Outcome {
 public:
  struct Reply {
    SocketId socket;
    Endpoint to;
    std::size_t offset;
    std::size_t size;
  };

  /// Sends a copy of `datagram` from `socket`.
  void reply(SocketId socket, const Endpoint& to, ConstBytes datagram) {
    replies_.push_back({socket, to, bytes_.size(), datagram.size()});
    bytes_.insert(bytes_.end(), datagram.begin(), datagram.end());
  }
  void upsert(const FlowSpec& spec) { edits_.push_back(UpsertFlow{spec}); }
  void erase(const FlowKey& key) { edits_.push_back(EraseFlow{key}); }
  void close(SocketId socket) { edits_.push_back(CloseSocket{socket}); }

  [[nodiscard]] std::span<const Reply> replies() const { return replies_; }
  /// Valid until the next reply() or clear().
  [[nodiscard]] ConstBytes bytes_of(const Reply& reply) const {
    return ConstBytes{bytes_}.subspan(reply.offset, reply.size);
  }
  [[nodiscard]] std::span<const FlowEdit> edits() const { return edits_; }
  void clear() {
    replies_.clear();
    edits_.clear();
    bytes_.clear();
  }

 private:
  std::vector<Reply> replies_;
  std::vector<std::byte> bytes_;
  std::vector<FlowEdit> edits_;
};

class SlowPathHandler {
 public:
  virtual ~SlowPathHandler() = default;

  /// One datagram that no flow explains. Appends to `outcome`. A DropReason is counted by the
  /// caller; replies may stand beside it (a 401 is both an answer and a refusal).
  [[nodiscard]] virtual Verdict<void> handle(Time now, const Path& path, ConstBytes datagram,
                                             Outcome& outcome) = 0;
  /// Ends what is over at `now`. Called no earlier than next_deadline(), and soon after it.
  virtual void expire(Time now, Outcome& outcome) = 0;
  /// When expire() has something to do next; kNever if nothing waits.
  [[nodiscard]] virtual Time next_deadline() const = 0;
};

/// Counters of a worker's flows, for a handler that writes the closing line of an allocation.
class FlowReader {
 public:
  virtual ~FlowReader() = default;
  /// Zeroes if there is no such flow.
  [[nodiscard]] virtual FlowUsage usage(const FlowKey& key) const = 0;
};

}  // namespace avedge
