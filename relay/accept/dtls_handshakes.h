// DTLS handshakes in progress. Their datagrams arrive through the workers, which own the listeners,
// and leave through those listeners directly.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "relay/core/deadline_queue.h"
#include "relay/core/random.h"
#include "relay/dtls/dtls_client.h"
#include "relay/dtls/dtls_handshaker.h"

namespace avedge::relay {

/// The handshake thread only.
class DtlsHandshakes {
 public:
  /// Tells the worker: a connection, or null for a handshake that failed.
  using Report = std::function<void(WorkerIndex, const DtlsPeerKey&, std::unique_ptr<DtlsClient>)>;
  /// Gives back a datagram of a client whose handshake has just ended: the worker serves it now.
  using ReturnDatagram =
      std::function<void(WorkerIndex, const DtlsPeerKey&, std::vector<std::byte>)>;

  /// `holder` has the handshakes, each at `tag | its index`.
  DtlsHandshakes(ConnectionHolder& holder, std::uint64_t tag, Drops& drops, Report report,
                 ReturnDatagram return_datagram)
      : holder_{holder},
        tag_{tag},
        drops_{drops},
        report_{std::move(report)},
        return_datagram_{std::move(return_datagram)} {}

  void begin(DtlsHandshakeRequest request, Time now);
  void receive(WorkerIndex worker, const DtlsPeerKey& peer, std::vector<std::byte> datagram,
               Time now);
  /// Repeats lost flights and drops handshakes that time out.
  void expire(Time now);
  /// Gives up that handshake, if it is the one that was admitted so.
  void evict(DeadlineQueue::Index index, const AdmissionId& id);
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }

 private:
  using Index = DeadlineQueue::Index;
  struct Pending {
    DtlsHandshakeRequest client;
    Time until;
  };
  /// Socket ids are each worker's own.
  struct Key {
    WorkerIndex worker{};
    DtlsPeerKey peer;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const Key& key) const;
  };

  void go_on(Index index, ConstBytes datagram, Time now);
  void judge(Index index, DtlsSession::Handshake state, Time now);
  void give_up(Index index, DropReason why);
  void end(Index index, std::unique_ptr<DtlsClient> established);

  ConnectionHolder& holder_;
  std::uint64_t tag_;
  Drops& drops_;
  Report report_;
  ReturnDatagram return_datagram_;
  std::vector<std::unique_ptr<Pending>> pending_;
  std::vector<Index> free_;
  std::unordered_map<Key, Index, Hash> index_of_{16, Hash{random_u64()}};
  DeadlineQueue deadlines_;
};

}  // namespace avedge::relay
