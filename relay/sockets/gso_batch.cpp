#include "relay/sockets/gso_batch.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <cassert>
#include <cstring>

namespace avedge::relay {
namespace {

std::size_t size_of(const mmsghdr& message) {
  return message.msg_hdr.msg_iov->iov_len;
}

bool are_alike(const msghdr& one, const msghdr& other) {
  return one.msg_name == other.msg_name && one.msg_controllen == other.msg_controllen &&
         (one.msg_controllen == 0 ||
          std::memcmp(one.msg_control, other.msg_control, one.msg_controllen) == 0);
}

/// How many of `messages`, from the first on, are one run; at least 1.
std::size_t run_length(std::span<const mmsghdr> messages) {
  const std::size_t segment = size_of(messages[0]);
  std::size_t bytes = segment;
  std::size_t length = 1;
  while (length < messages.size() &&
         may_follow(size_of(messages[length]), segment, length, bytes) &&
         are_alike(messages[0].msg_hdr, messages[length].msg_hdr)) {
    bytes += size_of(messages[length++]);
  }
  return length;
}

}  // namespace

void enable_gro(int fd) {
  const int on = 1;
  setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
}

std::span<mmsghdr> GsoBatch::join(std::span<mmsghdr> messages) {
  assert(messages.size() <= kCapacity);
  std::size_t first = 0;
  while (first < messages.size() && run_length(messages.subspan(first)) == 1) ++first;
  if (first == messages.size()) return messages;

  count_ = 0;
  vector_count_ = 0;
  for (std::size_t i = 0; i < messages.size();) {
    const std::size_t length = i < first ? 1 : run_length(messages.subspan(i));
    put(messages.subspan(i, length));
    i += length;
  }
  return {messages_.data(), count_};
}

void GsoBatch::put(std::span<mmsghdr> run) {
  parts_[count_] = run;
  messages_[count_] = run[0];
  if (run.size() > 1) describe(run, messages_[count_].msg_hdr);
  ++count_;
}

/// The buffers of all, and in the ancillary data the size to cut at, behind what the first one has.
void GsoBatch::describe(std::span<mmsghdr> run, msghdr& whole) {
  iovec* const vectors = &vectors_[vector_count_];
  for (const mmsghdr& part : run) vectors_[vector_count_++] = *part.msg_hdr.msg_iov;
  whole.msg_iov = vectors;
  whole.msg_iovlen = run.size();

  std::byte* const control = controls_[count_].bytes.data();
  if (whole.msg_controllen > 0) std::memcpy(control, whole.msg_control, whole.msg_controllen);
  const auto segment = static_cast<std::uint16_t>(size_of(run[0]));
  cmsghdr header{};
  header.cmsg_level = SOL_UDP;
  header.cmsg_type = UDP_SEGMENT;
  header.cmsg_len = CMSG_LEN(sizeof segment);
  std::byte* const at = control + whole.msg_controllen;
  std::memcpy(at, &header, sizeof header);
  std::memcpy(at + CMSG_LEN(0), &segment, sizeof segment);
  whole.msg_control = control;
  whole.msg_controllen += CMSG_SPACE(sizeof segment);
}

}  // namespace avedge::relay
