// What a socket of a test receives, with everything that the kernel says about it.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <optional>
#include <string>

#include "relay/sockets/ancillary.h"
#include "relay/sockets/file_descriptor.h"
#include "relay/sockets/socket_address.h"

namespace avedge::relay {

struct ReceivedDatagram {
  std::string bytes;
  Endpoint from;
  Ancillary ancillary;
};

/// Nothing if none comes within `patience`.
inline std::optional<ReceivedDatagram> receive_datagram(const FileDescriptor& socket,
                                                        std::chrono::milliseconds patience) {
  pollfd waiting{socket.get(), POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
  std::string bytes(65536, '\0');
  SocketAddress from;
  iovec vector{bytes.data(), bytes.size()};
  AncillaryBuffer control;
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  const ssize_t size = recvmsg(socket.get(), &message, MSG_DONTWAIT);
  if (size < 0) return std::nullopt;
  EXPECT_EQ(message.msg_flags & MSG_CTRUNC, 0) << "there is room for all that was asked for";
  bytes.resize(static_cast<std::size_t>(size));
  return ReceivedDatagram{std::move(bytes), from.endpoint(), read_ancillary(message)};
}

}  // namespace avedge::relay
