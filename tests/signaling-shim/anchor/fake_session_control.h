// A data plane that only keeps books: which sockets are leased, which paths lead over them. It
// fails the test where the real one could not do what is asked.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "relay/session_control.h"
#include "tests/stream_path.h"

namespace avedge::anchor {

inline bool same_ends(const UdpPath& left, const UdpPath& right) {
  return left.caller == right.caller && left.callee == right.callee;
}

class FakeSessionControl final : public SessionControl {
 public:
  /// Pairs that can be leased at the same time.
  std::size_t capacity = 1000;
  /// Of other ports, UDP and TCP together.
  std::size_t single_capacity = 1000;
  /// Families that an interface has; both, if it is not named here.
  std::map<std::string, AddressFamily, std::less<>> only_family;
  std::size_t set_calls = 0;

  ~FakeSessionControl() override {
    EXPECT_TRUE(paths_.empty()) << "paths leaked";
    EXPECT_TRUE(stream_paths_.empty()) << "stream paths leaked";
    EXPECT_TRUE(sockets_.empty()) << "ports leaked";
  }

  WorkerIndex assign_worker() override { return WorkerIndex{3}; }

  Verdict<MediaPortPair> lease_pair(WorkerIndex worker, std::string_view interface,
                                    AddressFamily family) override {
    if (!has_family(interface, family)) return DropReason::family_unsupported;
    if (pairs() >= capacity) return DropReason::ports_exhausted;
    const Port port = next_even_port();
    return MediaPortPair{bind(worker, interface, family, port),
                         bind(worker, interface, family, port.next())};
  }

  Verdict<MediaPort> lease_single(WorkerIndex worker, std::string_view interface,
                                  AddressFamily family) override {
    return lease_one(worker, interface, family, singles_);
  }

  Verdict<MediaPort> lease_stream(WorkerIndex worker, std::string_view interface,
                                  AddressFamily family) override {
    return lease_one(worker, interface, family, streams_);
  }

  bool is_leased(const Endpoint& port, Transport transport) const override {
    return std::any_of(sockets_.begin(), sockets_.end(), [&](const auto& entry) {
      const bool is_tcp = streams_.contains(entry.first);
      return is_tcp == (transport == Transport::tcp) &&
             (entry.second == port || locals_.at(entry.first) == port);
    });
  }

  void set_path(WorkerIndex worker, const MediaPath& path) override {
    EXPECT_EQ(worker, WorkerIndex{3});
    const auto udp = udp_path_of(path);
    if (!udp) return set_stream_path(stream_path_of(path));
    EXPECT_TRUE(sockets_.contains(udp->caller.socket)) << "path over a socket that is not leased";
    EXPECT_TRUE(sockets_.contains(udp->callee.socket)) << "path over a socket that is not leased";
    ++set_calls;
    paths_[udp->id] = *udp;
  }

  void remove_path(WorkerIndex, MediaPathId path) override {
    EXPECT_EQ(paths_.erase(path) + stream_paths_.erase(path), 1U) << "unknown path removed";
  }

  void release(WorkerIndex, SocketId socket) override {
    EXPECT_EQ(sockets_.erase(socket), 1U) << "released twice";
    singles_.erase(socket);
    streams_.erase(socket);
    for (const auto& [id, path] : paths_) {
      EXPECT_TRUE(path.caller.socket != socket && path.callee.socket != socket)
          << "released under a path";
    }
    for (const auto& [id, path] : stream_paths_) {
      EXPECT_FALSE(leads_over(path, socket)) << "released under a stream path";
    }
  }

  [[nodiscard]] std::size_t pairs() const {
    return (sockets_.size() - singles_.size() - streams_.size()) / 2;
  }
  /// UDP ports without a sibling, and TCP ports.
  [[nodiscard]] std::size_t singles() const { return singles_.size(); }
  [[nodiscard]] std::size_t streams() const { return streams_.size(); }
  [[nodiscard]] const std::map<MediaPathId, UdpPath>& paths() const { return paths_; }
  [[nodiscard]] const std::map<MediaPathId, StreamPath>& stream_paths() const {
    return stream_paths_;
  }

  /// The n-th path in the order they were made; RTP and RTCP of a stream follow each other.
  [[nodiscard]] UdpPath path(std::size_t n) const {
    EXPECT_LT(n, paths_.size());
    return n < paths_.size() ? std::next(paths_.begin(), static_cast<std::ptrdiff_t>(n))->second
                             : UdpPath{};
  }
  /// The port of a socket as SDP shows it.
  [[nodiscard]] std::string port_of(SocketId socket) const {
    const auto found = sockets_.find(socket);
    return found == sockets_.end() ? "" : std::to_string(found->second.port.number());
  }

 private:
  [[nodiscard]] bool has_family(std::string_view interface, AddressFamily family) const {
    const auto only = only_family.find(interface);
    return only == only_family.end() || only->second == family;
  }

  Verdict<MediaPort> lease_one(WorkerIndex worker, std::string_view interface, AddressFamily family,
                               std::set<SocketId>& kind) {
    if (!has_family(interface, family)) return DropReason::family_unsupported;
    if (singles() + streams() >= single_capacity) return DropReason::ports_exhausted;
    MediaPort port = bind(worker, interface, family, next_even_port());
    kind.insert(port.socket());
    return port;
  }

  [[nodiscard]] Port next_even_port() {
    next_socket_ += next_socket_ % 2;
    return Port{static_cast<std::uint16_t>(50000 + next_socket_)};
  }

  void expect_ports(const TcpLeg& end, const std::optional<UdpLeg>& datagrams) const {
    if (datagrams) {
      EXPECT_EQ(end.port, kNoSocket) << "a TCP port for a party that has no TCP";
      EXPECT_TRUE(singles_.contains(datagrams->socket)) << "stream path over a foreign UDP socket";
    } else {
      EXPECT_TRUE(streams_.contains(end.port)) << "stream path over a foreign TCP port";
    }
    EXPECT_LE(end.passive.size(), kMaxDialled);
  }

  void set_stream_path(const StreamPath& path) {
    expect_ports(path.caller, path.caller_datagrams);
    expect_ports(path.callee, path.callee_datagrams);
    EXPECT_FALSE(paths_.contains(path.id)) << "one id for two paths";
    stream_paths_[path.id] = path;
  }

  static bool leads_over(const StreamPath& path, SocketId socket) {
    const auto is = [socket](const std::optional<UdpLeg>& end) {
      return end && end->socket == socket;
    };
    return path.caller.port == socket || path.callee.port == socket || is(path.caller_datagrams) ||
           is(path.callee_datagrams);
  }

  MediaPort bind(WorkerIndex worker, std::string_view interface, AddressFamily family, Port port) {
    const bool is_external = interface == "external";
    const bool is_v4 = family == AddressFamily::ipv4;
    const Endpoint local{*IpAddress::parse(is_v4 ? (is_external ? "10.9.9.9" : "10.0.0.10")
                                                 : (is_external ? "fd00::9" : "fd00::10")),
                         port};
    // The external interface stands behind 1:1 NAT.
    Endpoint advertised = local;
    if (is_external) {
      advertised.address = *IpAddress::parse(is_v4 ? "198.51.100.7" : "2001:db8:ffff::7");
    }
    const SocketId socket{next_socket_++};
    sockets_[socket] = advertised;
    locals_[socket] = local;
    return {*this, worker, socket, local, advertised};
  }

  std::uint32_t next_socket_ = 0;
  std::map<SocketId, Endpoint> sockets_;
  std::map<SocketId, Endpoint> locals_;  // of those that ever were
  std::set<SocketId> singles_;
  std::set<SocketId> streams_;
  std::map<MediaPathId, UdpPath> paths_;
  std::map<MediaPathId, StreamPath> stream_paths_;
};

}  // namespace avedge::anchor
