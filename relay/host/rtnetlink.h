// The kernel's routes, devices and neighbours, queried through rtnetlink (rtnetlink(7)), with
// notifications of changes.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "relay/core/result.h"
#include "relay/host/netlink.h"
#include "relay/host/next_hop.h"

namespace avedge::relay {

struct Route {
  int device = 0;
  IpAddress neighbour;    // the gateway, or the destination itself where it is on the link
  std::uint32_t mtu = 0;  // of this route; 0: that of its device
};

struct Link {
  MacAddress address{};
  std::uint32_t mtu = 0;
};

/// Questions. One thread; each waits for the kernel's answer, which may hold a lock that others
/// wait for: no work for a thread with packets to forward.
class RtNetlinkQueries {
 public:
  [[nodiscard]] static Result<RtNetlinkQueries> open();

  /// Nothing if there is no route, or one that requires more than an Ethernet header: local ones,
  /// tunnels, gateways of the other family.
  [[nodiscard]] std::optional<Route> route(const RouteKey& key);
  /// The interface index of the device that leads there, whatever kind it is; 0 if there is no
  /// route.
  [[nodiscard]] int device_towards(const RouteKey& key);
  /// Nothing if it is not there, down, or does not speak Ethernet.
  [[nodiscard]] std::optional<Link> link(int device);
  /// Nothing while the kernel does not know it, or no longer trusts it.
  [[nodiscard]] std::optional<MacAddress> neighbour(int device, const IpAddress& address);

 private:
  explicit RtNetlinkQueries(NetlinkSocket socket) : socket_{std::move(socket)} {}

  NetlinkSocket socket_;
  unsigned sequence_ = 0;
};

/// Multicast news. One thread.
class RtNetlinkMonitor {
 public:
  struct Neighbour {
    int device;
    IpAddress address;
  };
  struct Receivers {
    std::function<void()> on_routes;  // anything but neighbours: query everything again
    std::function<void(const Neighbour&)> on_neighbour;
  };

  enum class Topics : std::uint8_t { routes, routes_and_neighbours };
  [[nodiscard]] static Result<RtNetlinkMonitor> open(Topics topics);
  /// Readable when there is news.
  [[nodiscard]] int fd() const;
  /// Everything that is there. What was lost for want of room is reported as on_routes.
  void read(const Receivers& receivers);

 private:
  explicit RtNetlinkMonitor(NetlinkSocket socket) : socket_{std::move(socket)} {}

  NetlinkSocket socket_;
};

}  // namespace avedge::relay
