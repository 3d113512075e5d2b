#include "relay/host/local_table.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <vector>

#include "relay/host/netlink.h"

namespace avedge::relay {
namespace {

using Entry = LocalAddresses::Entry;

/// What the kernel fills at most in one go.
constexpr std::size_t kDumpBuffer = 32 * 1024;
/// The kernel says when something has changed during a dump: it is read again, so often at most.
constexpr int kAttempts = 5;

enum class Dumped : std::uint8_t { complete, interrupted, failed };

/// Reads what is left of a dump, and shows each message to `read`, a callable of (const nlmsghdr*).
/// `failed` leaves errno.
template <class Read>
Dumped read_dump(mnl_socket* socket, unsigned sequence, Read read) {
  std::vector<char> buffer(kDumpBuffer);
  bool is_interrupted = false;
  for (;;) {
    const auto size = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (size < 0) return Dumped::failed;
    auto left = static_cast<int>(size);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
         mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != sequence) continue;
      is_interrupted = is_interrupted || (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (message->nlmsg_type == NLMSG_DONE) {
        return is_interrupted ? Dumped::interrupted : Dumped::complete;
      }
      if (message->nlmsg_type == NLMSG_ERROR) {
        errno = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
        return Dumped::failed;
      }
      read(message);
    }
  }
}

/// A kernel without that family has nothing of it.
bool means_nothing_there(int error) {
  return error == EAFNOSUPPORT || error == EOPNOTSUPP || error == ENOENT;
}

class Reader {
 public:
  explicit Reader(NetlinkSocket socket) : socket_{std::move(socket)} {
    // Without it the kernel shows the routes of all tables, a router's million included.
    const int on = 1;
    setsockopt(mnl_socket_get_fd(socket_.get()), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
               sizeof on);
  }

  Result<LocalAddresses> read() {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      entries_.clear();
      const Dumped dumped = read_all();
      if (dumped == Dumped::complete) return LocalAddresses{std::move(entries_)};
      if (dumped == Dumped::failed)
        return Error::from_errno("cannot read the addresses of this host");
    }
    return Error{"cannot read the addresses of this host: they change all the time"};
  }

 private:
  Dumped read_all() {
    for (const auto family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
      Dumped dumped = read_routes(family);
      if (dumped == Dumped::complete) dumped = read_addresses(family);
      if (dumped == Dumped::complete) continue;
      if (dumped != Dumped::failed || !means_nothing_there(errno)) return dumped;
    }
    return Dumped::complete;
  }

  Dumped read_routes(AddressFamily family) {
    rtmsg question{};
    question.rtm_family = netlink_family(family);
    question.rtm_table = RT_TABLE_LOCAL;
    return dump(RTM_GETROUTE, question,
                [&](const nlmsghdr* message) { add_route(message, family); });
  }

  Dumped read_addresses(AddressFamily family) {
    ifaddrmsg question{};
    question.ifa_family = netlink_family(family);
    return dump(RTM_GETADDR, question, [&](const nlmsghdr* message) { add_address(message); });
  }

  template <class Question, class Read>
  Dumped dump(std::uint16_t type, const Question& question, Read read) {
    std::array<char, 128> buffer;
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = ++sequence_;
    *static_cast<Question*>(mnl_nlmsg_put_extra_header(request, sizeof question)) = question;
    if (mnl_socket_sendto(socket_.get(), request, request->nlmsg_len) < 0) return Dumped::failed;
    return read_dump(socket_.get(), sequence_, read);
  }

  /// Unicast, broadcast and anycast routes alike: each of them delivers to this host.
  void add_route(const nlmsghdr* message, AddressFamily family) {
    const auto* route = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    if (message->nlmsg_type != RTM_NEWROUTE || route->rtm_family != netlink_family(family)) return;
    auto address = family == AddressFamily::ipv4 ? IpAddress{} : IpAddress::v6({});
    std::uint32_t table = route->rtm_table;
    for_each_attribute(message, sizeof(rtmsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == RTA_DST)
        address = address_in(attribute).value_or(address);
      if (mnl_attr_get_type(attribute) == RTA_TABLE) table = mnl_attr_get_u32(attribute);
    });
    if (table == RT_TABLE_LOCAL) {
      entries_.push_back({Prefix::covering(address, route->rtm_dst_len)});
    }
  }

  void add_address(const nlmsghdr* message) {
    if (message->nlmsg_type != RTM_NEWADDR) return;
    const auto* assigned = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
    std::optional<IpAddress> address;
    std::optional<IpAddress> local;  // where IFA_ADDRESS is that of the other end
    for_each_attribute(message, sizeof(ifaddrmsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == IFA_ADDRESS) address = address_in(attribute);
      if (mnl_attr_get_type(attribute) == IFA_LOCAL) local = address_in(attribute);
    });
    if (local) address = local;
    if (!address) return;
    const auto bits = static_cast<unsigned>(8 * address->bytes().size());
    entries_.push_back({Prefix::covering(*address, bits), static_cast<int>(assigned->ifa_index)});
  }

  NetlinkSocket socket_;
  unsigned sequence_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace

Result<LocalAddresses> read_local_addresses() {
  auto socket = open_netlink(0);
  if (!socket) return socket.reason();
  return Reader{std::move(socket).value()}.read();
}

}  // namespace avedge::relay
