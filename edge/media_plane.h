// The data plane with TURN on it: workers, their handlers, and what they share.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "edge/config.h"
#include "edge/metric_sink.h"
#include "edge/session_log.h"
#include "ice/turn/server.h"
#include "relay/ports/shared_allocation_quota.h"
#include "relay/worker/data_plane.h"

namespace avedge::edge {

class MediaPlane : private turn::OtherWorkers {
 public:
  ~MediaPlane() override { stop(); }
  MediaPlane(const MediaPlane&) = delete;
  MediaPlane& operator=(const MediaPlane&) = delete;

  /// Binds all listeners. Fails with the address that could not be had, and why.
  /// `local_addresses`: those of this host, until use_local_addresses() is called.
  [[nodiscard]] static Result<std::unique_ptr<MediaPlane>> open(
      const Config& config, const SharedLocalAddresses& local_addresses);

  void start() { data_plane_->start(); }
  /// Ends the workers, then the allocations. Signalling must have stopped before.
  void stop();
  /// From now on no allocation is granted, and clients are sent to other servers if there are any;
  /// the allocations that there are live on.
  void drain();

  /// What a reload changes, made and checked but not yet in force.
  struct Reload {
    std::vector<relay::ListenerSecurity> security;  // of each listener
    turn::SharedRules rules;
  };
  /// Fails if a certificate cannot be served. The listeners of `config` are those of the start.
  [[nodiscard]] static Result<Reload> prepare(const Config& config);
  /// New TLS and DTLS clients are shown the new certificates; sessions that are there stay.
  void commit(const Reload& reload);
  /// This host has other addresses now. Any thread.
  void use_local_addresses(const SharedLocalAddresses& addresses);

  [[nodiscard]] SessionControl& session_control() { return *data_plane_; }
  /// Everything but the drops. Any thread.
  void report(MetricSink& sink) const;
  /// Of each worker and of the handshake thread, for report_drops().
  [[nodiscard]] std::vector<const Drops*> drops() const;
  /// Queries every worker, slice by slice, and waits for it, at most a second in all: then what is
  /// missing is left out. Not on a worker's thread.
  [[nodiscard]] std::vector<turn::AllocationSnapshot> allocations();
  /// How many there are. Any thread.
  [[nodiscard]] std::int64_t allocation_count() const;

 private:
  explicit MediaPlane(const Config& config);
  relay::Handlers make_handlers(const turn::SharedRules& rules,
                                const std::vector<IpAddress>& own_addresses,
                                const SharedLocalAddresses& local_addresses,
                                const relay::HandlerContext& context);
  [[nodiscard]] relay::Worker& worker(std::size_t index);
  [[nodiscard]] std::optional<turn::AllocationSlice> slice_of(std::size_t worker, std::size_t from,
                                                              Time deadline);

  // turn::OtherWorkers; workers' threads.
  [[nodiscard]] std::size_t worker_count() const override { return servers_.size(); }
  void post(WorkerIndex index, std::unique_ptr<turn::WorkerTask> task) override;

  relay::SharedAllocationQuota quota_;
  AllocationLog log_;
  std::vector<turn::Server*> servers_;  // of each worker, in their order; the workers own them
  std::unique_ptr<relay::DataPlane> data_plane_;
};

}  // namespace avedge::edge
