// Datagrams that wait to leave, grouped by socket: sendmmsg cannot span sockets.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>

#include "relay/core/bytes.h"
#include "relay/core/counters.h"
#include "relay/core/flow.h"
#include "relay/sockets/gso_batch.h"
#include "relay/sockets/ip_header_fields.h"
#include "relay/sockets/socket_address.h"

namespace avedge::relay {

class SendBatch {
 public:
  static constexpr std::size_t kCapacity = GsoBatch::kCapacity;

  explicit SendBatch(Drops& drops);

  [[nodiscard]] bool full() const { return count_ == kCapacity; }
  [[nodiscard]] bool empty() const { return count_ == 0; }

  /// Adds a datagram; not when full(). `bytes` and `destination` stay untouched until flush().
  void push(int fd, const SocketAddress& destination, ConstBytes bytes);
  /// The same for an address that does not outlive this call.
  void push(int fd, const Endpoint& destination, ConstBytes bytes);

  /// The datagram that was pushed last leaves with these header fields instead of its socket's.
  /// Before any flush().
  void set_last_header_fields(const IpHeaderFields& fields);

  /// Sends everything, each socket's packets in the order they came. What the kernel refuses is
  /// counted as send_failed and skipped; but a socket that keeps ICMP errors refuses a datagram for
  /// another's sake, so that one is tried again.
  void flush();

 private:
  /// The messages of one socket, in the order they came.
  struct Group {
    int fd;
    std::uint8_t first;
    std::uint8_t last;
    std::uint8_t size;
  };
  static_assert(kCapacity <= 0xff);

  void append(int fd, const SocketAddress& destination, ConstBytes bytes);
  void join_group(int fd);
  [[nodiscard]] std::span<mmsghdr> messages_of(const Group& group);
  void send(int fd, std::span<mmsghdr> messages);
  void send_each(int fd, std::span<mmsghdr> messages);
  void drop_all(std::size_t count);

  Drops& drops_;
  std::size_t count_ = 0;
  std::size_t group_count_ = 0;
  std::array<Group, kCapacity> groups_{};
  std::array<std::uint8_t, 256> group_of_{};    // by descriptor, modulo
  std::array<std::uint8_t, kCapacity> next_{};  // of the same group
  std::array<mmsghdr, kCapacity> messages_{};
  std::array<iovec, kCapacity> vectors_{};
  std::array<SocketAddress, kCapacity> own_addresses_{};
  std::array<HeaderFieldsBuffer, kCapacity> fields_{};
  std::array<mmsghdr, kCapacity> grouped_{};
  GsoBatch runs_;
};

}  // namespace avedge::relay
