// Opens UDP sockets as the data plane requires.
#pragma once

#include <string>

#include "relay/core/endpoint.h"
#include "relay/core/result.h"
#include "relay/sockets/file_descriptor.h"
#include "relay/sockets/ip_header_fields.h"

namespace avedge::relay {

enum class Sharing : std::uint8_t {
  exclusive,   // relay and anchor sockets: a port held by another socket is an error
  per_worker,  // listeners: SO_REUSEPORT, one socket a worker
};

struct UdpSocketOptions {
  Sharing sharing = Sharing::exclusive;
  std::string device;      // SO_BINDTODEVICE; empty: none
  int receive_buffer = 0;  // bytes; 0: the system's default
  int send_buffer = 0;     // bytes; 0: the system's default
};

/// A non-blocking socket bound to exactly `local` (never a wildcard, so a reply's source address is
/// the one the packet came to). IPv6 sockets take no IPv4. The kernel keeps no path MTU for it and
/// fragments as the network needs (PMTUDISC_OMIT): a relay must not be steered by forged ICMP.
/// The error keeps the errno of bind(2) in `bind_errno` when that is what failed.
[[nodiscard]] Result<FileDescriptor> open_udp(const Endpoint& local,
                                              const UdpSocketOptions& options,
                                              int* bind_errno = nullptr);

/// Sends one datagram with the DF bit set, whatever the kernel's path MTU (RFC 8656 §14:
/// DONT-FRAGMENT). DF is an option of the socket, so this needs three system calls, and only the
/// socket's owner may call it. False if the datagram could not leave.
[[nodiscard]] bool send_unfragmented(const FileDescriptor& socket, const Endpoint& to,
                                     ConstBytes datagram, const IpHeaderFields& fields);

/// From now on the socket reports each datagram's destination, port included (IP_ORIGDSTADDR): it
/// receives for many ports. False if the kernel cannot.
[[nodiscard]] bool tell_destinations(int socket, AddressFamily family);

/// Room for so many bytes in the receive queue. Beyond net.core.rmem_max only a privileged process
/// gets what it asks for.
void set_receive_buffer(int socket, int bytes);

/// Datagrams that the kernel has dropped because the socket's queue was full, modulo 2^32.
[[nodiscard]] std::uint32_t queue_overflows(int socket);

/// Index of the device that the socket is bound to; 0: none.
[[nodiscard]] int bound_device(const FileDescriptor& socket);

/// The address the kernel gave it (of interest after binding port 0).
[[nodiscard]] Endpoint local_endpoint(const FileDescriptor& socket);

}  // namespace avedge::relay
