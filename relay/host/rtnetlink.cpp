#include "relay/host/rtnetlink.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace avedge::relay {
namespace {

/// An answer about one thing fits many times over.
using Buffer = std::array<char, 8192>;
/// Room for the news of a routing daemon that starts.
constexpr int kNewsBuffer = 1 << 20;
/// States in which the kernel itself would send to a neighbour (RFC 4861 §7.3.2).
constexpr std::uint16_t kUsable = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;

void put(nlmsghdr* request, std::uint16_t type, const IpAddress& address) {
  mnl_attr_put(request, type, address.bytes().size(), address.bytes().data());
}

std::optional<MacAddress> mac_in(const nlattr* attribute) {
  MacAddress mac;
  if (mnl_attr_get_payload_len(attribute) != mac.size()) return std::nullopt;
  std::memcpy(mac.data(), mnl_attr_get_payload(attribute), mac.size());
  return mac;
}

std::uint32_t mtu_in(const nlattr* metrics) {
  std::uint32_t mtu = 0;
  auto visit = [&](const nlattr* metric) {
    if (mnl_attr_get_type(metric) == RTAX_MTU) mtu = mnl_attr_get_u32(metric);
  };
  mnl_attr_parse_nested(metrics, visit_attribute<decltype(visit)>, &visit);
  return mtu;
}

/// Answers to earlier requests that were given up, at most: they are passed over.
constexpr int kLateAnswers = 16;

/// Sends the request, and shows the answer to `read`, a callable of (const nlmsghdr*). False if
/// there was an error instead, or nothing.
template <class Read>
bool exchange(mnl_socket* socket, nlmsghdr* request, unsigned sequence, Read read) {
  request->nlmsg_flags = NLM_F_REQUEST;
  request->nlmsg_seq = sequence;
  if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0) return false;
  Buffer buffer;
  for (int late = 0; late <= kLateAnswers; ++late) {
    const auto size = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (size < 0) return false;
    const auto* answer = reinterpret_cast<const nlmsghdr*>(buffer.data());
    if (!mnl_nlmsg_ok(answer, static_cast<int>(size))) return false;
    if (answer->nlmsg_seq != sequence) continue;
    if (answer->nlmsg_type == NLMSG_ERROR) return false;
    read(answer);
    return true;
  }
  return false;
}

/// RTM_GETROUTE for `key`.
nlmsghdr* put_route_question(Buffer& buffer, const RouteKey& key) {
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETROUTE;
  auto* query = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(rtmsg)));
  query->rtm_family = netlink_family(key.to.family());
  query->rtm_dst_len = query->rtm_src_len = static_cast<std::uint8_t>(8 * key.to.bytes().size());
  put(request, RTA_DST, key.to);
  put(request, RTA_SRC, key.from);
  if (key.device != 0) mnl_attr_put_u32(request, RTA_OIF, static_cast<std::uint32_t>(key.device));
  return request;
}

}  // namespace

Result<RtNetlinkQueries> RtNetlinkQueries::open() {
  auto socket = open_netlink(0);
  if (!socket) return socket.reason();
  return RtNetlinkQueries{std::move(socket).value()};
}

std::optional<Route> RtNetlinkQueries::route(const RouteKey& key) {
  Buffer buffer;
  nlmsghdr* request = put_route_question(buffer, key);
  Route route{.neighbour = key.to};
  bool is_plain = false;
  const bool answered = exchange(socket_.get(), request, ++sequence_, [&](const nlmsghdr* answer) {
    const auto* found = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(answer));
    is_plain = found->rtm_type == RTN_UNICAST;
    for_each_attribute(answer, sizeof(rtmsg), [&](const nlattr* attribute) {
      switch (mnl_attr_get_type(attribute)) {
        case RTA_OIF: route.device = static_cast<int>(mnl_attr_get_u32(attribute)); break;
        case RTA_GATEWAY: route.neighbour = address_in(attribute).value_or(key.to); break;
        case RTA_METRICS: route.mtu = mtu_in(attribute); break;
        case RTA_VIA:
        case RTA_ENCAP: is_plain = false; break;
        default: break;
      }
    });
  });
  if (!answered || !is_plain || route.device == 0) return std::nullopt;
  return route;
}

int RtNetlinkQueries::device_towards(const RouteKey& key) {
  Buffer buffer;
  int device = 0;
  exchange(socket_.get(), put_route_question(buffer, key), ++sequence_,
           [&](const nlmsghdr* answer) {
             for_each_attribute(answer, sizeof(rtmsg), [&](const nlattr* attribute) {
               if (mnl_attr_get_type(attribute) == RTA_OIF) {
                 device = static_cast<int>(mnl_attr_get_u32(attribute));
               }
             });
           });
  return device;
}

std::optional<Link> RtNetlinkQueries::link(int device) {
  Buffer buffer;
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETLINK;
  auto* query = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
  query->ifi_index = device;

  std::optional<MacAddress> mac;
  Link link;
  bool is_up = false;
  exchange(socket_.get(), request, ++sequence_, [&](const nlmsghdr* answer) {
    const auto* found = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(answer));
    is_up = found->ifi_type == ARPHRD_ETHER && (found->ifi_flags & IFF_UP) != 0;
    for_each_attribute(answer, sizeof(ifinfomsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == IFLA_ADDRESS) mac = mac_in(attribute);
      if (mnl_attr_get_type(attribute) == IFLA_MTU) link.mtu = mnl_attr_get_u32(attribute);
    });
  });
  if (!is_up || !mac) return std::nullopt;
  link.address = *mac;
  return link;
}

std::optional<MacAddress> RtNetlinkQueries::neighbour(int device, const IpAddress& address) {
  Buffer buffer;
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETNEIGH;
  auto* query = static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ndmsg)));
  query->ndm_family = netlink_family(address.family());
  query->ndm_ifindex = device;
  put(request, NDA_DST, address);

  std::optional<MacAddress> mac;
  exchange(socket_.get(), request, ++sequence_, [&](const nlmsghdr* answer) {
    const auto* found = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(answer));
    if ((found->ndm_state & kUsable) == 0) return;
    for_each_attribute(answer, sizeof(ndmsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == NDA_LLADDR) mac = mac_in(attribute);
    });
  });
  return mac;
}

Result<RtNetlinkMonitor> RtNetlinkMonitor::open(Topics topics) {
  unsigned groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE |
                    RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;
  if (topics == Topics::routes_and_neighbours) groups |= RTMGRP_NEIGH;
  auto socket = open_netlink(groups);
  if (!socket) return socket.reason();
  const int fd = mnl_socket_get_fd(socket->get());
  const int ipv6_rules = RTNLGRP_IPV6_RULE;  // too new for a bit of its own
  mnl_socket_setsockopt(socket->get(), NETLINK_ADD_MEMBERSHIP, const_cast<int*>(&ipv6_rules),
                        sizeof ipv6_rules);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kNewsBuffer, sizeof kNewsBuffer);
  return RtNetlinkMonitor{std::move(socket).value()};
}

int RtNetlinkMonitor::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

void RtNetlinkMonitor::read(const Receivers& receivers) {
  Buffer buffer;
  for (;;) {
    const auto size = recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && errno == ENOBUFS) {
      receivers.on_routes();
      continue;
    }
    if (size <= 0) return;
    auto left = static_cast<int>(size);
    for (auto* news = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(news, left);
         news = mnl_nlmsg_next(news, &left)) {
      if (news->nlmsg_type != RTM_NEWNEIGH && news->nlmsg_type != RTM_DELNEIGH) {
        receivers.on_routes();
        continue;
      }
      const auto* changed = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(news));
      for_each_attribute(news, sizeof(ndmsg), [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) != NDA_DST) return;
        const auto address = address_in(attribute);
        if (address) receivers.on_neighbour({changed->ndm_ifindex, *address});
      });
    }
  }
}

}  // namespace avedge::relay
