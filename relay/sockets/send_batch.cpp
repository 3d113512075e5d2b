#include "relay/sockets/send_batch.h"

#include <cassert>
#include <cerrno>

#include "relay/sockets/error_queue.h"

namespace avedge::relay {

namespace {

/// Cheaper than sendmmsg of one: the kernel has no headers to fetch, or fewer.
ssize_t send_one(int fd, const msghdr& message) {
  if (message.msg_controllen > 0) return sendmsg(fd, &message, 0);
  return sendto(fd, message.msg_iov->iov_base, message.msg_iov->iov_len, 0,
                static_cast<const sockaddr*>(message.msg_name), message.msg_namelen);
}

/// How many left, at least one; or -1.
int send_some(int fd, std::span<mmsghdr> messages) {
  if (messages.size() == 1) return send_one(fd, messages[0].msg_hdr) < 0 ? -1 : 1;
  return sendmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()), 0);
}

}  // namespace

SendBatch::SendBatch(Drops& drops) : drops_{drops} {
  for (std::size_t i = 0; i < kCapacity; ++i) {
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

void SendBatch::push(int fd, const SocketAddress& destination, ConstBytes bytes) {
  append(fd, destination, bytes);
}

void SendBatch::push(int fd, const Endpoint& destination, ConstBytes bytes) {
  own_addresses_[count_].assign(destination);
  append(fd, own_addresses_[count_], bytes);
}

void SendBatch::append(int fd, const SocketAddress& destination, ConstBytes bytes) {
  assert(!full());
  join_group(fd);
  vectors_[count_] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr& header = messages_[count_].msg_hdr;
  header.msg_name = const_cast<SocketAddress*>(&destination);
  header.msg_namelen = destination.size();
  header.msg_controllen = 0;
  ++count_;
}

void SendBatch::set_last_header_fields(const IpHeaderFields& fields) {
  assert(!empty());
  msghdr& header = messages_[count_ - 1].msg_hdr;
  const auto* destination = static_cast<const SocketAddress*>(header.msg_name);
  const bool is_v4 = destination->any.sa_family == AF_INET;
  set_header_fields(header, fields_[count_ - 1], is_v4 ? AddressFamily::ipv4 : AddressFamily::ipv6,
                    fields);
}

/// Puts the message that comes next behind those of its socket. A slot remembers the latest socket
/// that fell into it; where two keep meeting there, one has several groups, in the order they came.
void SendBatch::join_group(int fd) {
  const auto message = static_cast<std::uint8_t>(count_);
  std::uint8_t& slot = group_of_[static_cast<unsigned>(fd) % group_of_.size()];
  if (slot < group_count_ && groups_[slot].fd == fd) {
    Group& group = groups_[slot];
    next_[group.last] = message;
    group.last = message;
    ++group.size;
  } else {
    slot = static_cast<std::uint8_t>(group_count_);
    groups_[group_count_++] = {fd, message, message, 1};
  }
}

void SendBatch::flush() {
  for (const Group& group : std::span{groups_}.first(group_count_)) {
    send(group.fd, messages_of(group));
  }
  count_ = 0;
  group_count_ = 0;
}

/// Where they lie if they lie side by side, as a single one does, and all of one socket.
std::span<mmsghdr> SendBatch::messages_of(const Group& group) {
  if (group.last - group.first + 1 == group.size) {
    return std::span{messages_}.subspan(group.first, group.size);
  }
  std::uint8_t message = group.first;
  for (std::size_t i = 0; i < group.size; ++i, message = next_[message]) {
    grouped_[i] = messages_[message];
  }
  return std::span{grouped_}.first(group.size);
}

/// A run that cannot be cut (a path of small packets, a device without checksums) leaves in parts.
void SendBatch::send(int fd, std::span<mmsghdr> messages) {
  const std::span<mmsghdr> runs = runs_.join(messages);
  if (runs.data() == messages.data()) return send_each(fd, messages);
  for (std::size_t i = 0; i < runs.size();) {
    const int sent = sendmmsg(fd, &runs[i], static_cast<unsigned>(runs.size() - i), 0);
    if (sent > 0) {
      i += static_cast<std::size_t>(sent);
    } else {
      send_each(fd, runs_.parts(i++));
    }
  }
}

void SendBatch::send_each(int fd, std::span<mmsghdr> messages) {
  bool is_second_try = false;
  while (!messages.empty()) {
    const int sent = send_some(fd, messages);
    std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (sent <= 0) {
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return drop_all(messages.size());
      if (sent < 0 && !is_second_try && is_about_another(errno)) {
        is_second_try = true;
        continue;
      }
      // The first message is the one refused: count it, and go on behind it.
      drops_.count(DropReason::send_failed);
      done = 1;
    }
    is_second_try = false;
    messages = messages.subspan(done);
  }
}

/// The socket's buffer is full, and it will not empty while we look at it.
void SendBatch::drop_all(std::size_t count) {
  for (; count > 0; --count) drops_.count(DropReason::send_failed);
}

}  // namespace avedge::relay
