// What rtnetlink's users share (rtnetlink(7), libmnl).
#pragma once

#include <libmnl/libmnl.h>

#include <memory>
#include <optional>

#include "relay/core/endpoint.h"
#include "relay/core/result.h"

namespace avedge::relay {

struct CloseNetlink {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using NetlinkSocket = std::unique_ptr<mnl_socket, CloseNetlink>;

/// Hears of `groups` (RTMGRP_…). Takes no right. With none it is for questions: an answer is waited
/// for, but not for ever.
[[nodiscard]] Result<NetlinkSocket> open_netlink(unsigned groups);

/// AF_INET or AF_INET6.
[[nodiscard]] std::uint8_t netlink_family(AddressFamily family);
/// Nothing if it is not an address.
[[nodiscard]] std::optional<IpAddress> address_in(const nlattr* attribute);

/// libmnl's loops are C macros; its callbacks require a plain function.
template <class Visit>
int visit_attribute(const nlattr* attribute, void* visit) {
  (*static_cast<Visit*>(visit))(attribute);
  return MNL_CB_OK;
}

/// Of a message with `header` bytes of its own in front; `visit` is a callable of (const nlattr*).
template <class Visit>
void for_each_attribute(const nlmsghdr* message, std::size_t header, Visit visit) {
  mnl_attr_parse(message, static_cast<unsigned>(header), visit_attribute<Visit>, &visit);
}

}  // namespace avedge::relay
