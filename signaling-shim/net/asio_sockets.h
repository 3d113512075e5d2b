// What UDP and TCP sockets need alike to stand on one interface of the edge.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cstring>
#include <span>
#include <string>

#include "relay/core/descriptor_reserve.h"
#include "relay/core/endpoint.h"
#include "relay/core/result.h"

namespace avedge::net {

inline boost::asio::ip::address to_asio(const IpAddress& address) {
  const ConstBytes bytes = address.bytes();
  if (address.is_v4()) return boost::asio::ip::address_v4{load_be32(bytes.data())};
  boost::asio::ip::address_v6::bytes_type octets;
  std::memcpy(octets.data(), bytes.data(), octets.size());
  return boost::asio::ip::address_v6{octets};
}

template <class Protocol>
typename Protocol::endpoint to_asio(const Endpoint& endpoint) {
  return {to_asio(endpoint.address), endpoint.port.number()};
}

template <class AsioEndpoint>
Endpoint from_asio(const AsioEndpoint& endpoint) {
  const boost::asio::ip::address address = endpoint.address();
  const Port port{endpoint.port()};
  if (address.is_v4()) {
    const auto octets = address.to_v4().to_bytes();
    return {*IpAddress::from_bytes(std::as_bytes(std::span{octets})), port};
  }
  const auto octets = address.to_v6().to_bytes();
  return {*IpAddress::from_bytes(std::as_bytes(std::span{octets})), port};
}

/// Opens, unless the descriptor would be one of the reserve, for the family of `local`, keeps IPv6
/// to itself (no IPv4-mapped addresses), binds to `device` if it is not empty, then to `local`.
/// Non-blocking afterwards.
template <class Socket>
boost::system::error_code open_on(Socket& socket, const Endpoint& local, const std::string& device,
                                  bool reuse_address) {
  using Protocol = typename Socket::protocol_type;
  boost::system::error_code failed;
  socket.open(local.address.is_v4() ? Protocol::v4() : Protocol::v6(), failed);
  if (!failed && is_from_reserve(socket.native_handle())) {
    socket.close(failed);
    return boost::asio::error::no_descriptors;
  }
  if (!failed && !local.address.is_v4()) {
    socket.set_option(boost::asio::ip::v6_only{true}, failed);
  }
  if (!failed && reuse_address) {
    socket.set_option(boost::asio::socket_base::reuse_address{true}, failed);
  }
  if (!failed && !device.empty() &&
      ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_BINDTODEVICE, device.data(),
                   static_cast<socklen_t>(device.size())) != 0) {
    failed.assign(errno, boost::system::system_category());
  }
  if (!failed) socket.bind(to_asio<Protocol>(local), failed);
  if (!failed) socket.non_blocking(true, failed);
  return failed;
}

/// "cannot listen on 192.0.2.1:5060/udp: Address already in use"
inline Error listen_error(const Endpoint& local, Transport transport,
                          const boost::system::error_code& why) {
  return Error{"cannot listen on " + local.to_string() + "/" + std::string{to_string(transport)} +
               ": " + why.message()};
}

}  // namespace avedge::net
