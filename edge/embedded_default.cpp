#include "edge/embedded_default.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include "relay/core/random.h"
#include "relay/secure/self_signed.h"

namespace avedge::edge {
namespace {

/// RFC 8656 §4.1: the ports of TURN, and of TURN over TLS and DTLS.
constexpr Port kTurnPort{3478};
constexpr Port kTurnsPort{5349};
constexpr const char* kCertificateName = "self-signed";
constexpr PortRange kRelayPorts{Port{50'000}, Port{59'999}};
/// 5.1 bits each: 82 bits, more than a TURN client can try.
constexpr std::size_t kPasswordLength = 16;

std::optional<IpAddress> address_of(const sockaddr* socket_address) {
  if (socket_address == nullptr) return std::nullopt;
  if (socket_address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(socket_address);
    return IpAddress::from_bytes(std::as_bytes(std::span{&v4->sin_addr, 1}));
  }
  if (socket_address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(socket_address);
    return IpAddress::from_bytes(std::as_bytes(std::span{&v6->sin6_addr, 1}));
  }
  return std::nullopt;
}

/// RFC 3927 and RFC 4291 §2.5.6: 169.254/16 and fe80::/10 mean nothing without a device.
bool is_link_local(const IpAddress& address) {
  static const Prefix kV4 = *Prefix::parse("169.254.0.0/16");
  static const Prefix kV6 = *Prefix::parse("fe80::/10");
  return kV4.contains(address) || kV6.contains(address);
}

std::optional<IpAddress> first_global(std::span<const IpAddress> addresses, AddressFamily family) {
  const auto found =
      std::find_if(addresses.begin(), addresses.end(), [family](const IpAddress& address) {
        return address.family() == family && !address.is_loopback() && !is_link_local(address);
      });
  return found == addresses.end() ? std::nullopt : std::optional{*found};
}

/// Adds an interface with one address, and TURN listeners on it.
void add_network(Config& config, const std::string& name, const IpAddress& address) {
  config.interfaces.push_back({name, {{address, address}}, {}});
  const auto listen = [&](Port port, std::vector<Transport> transports, std::string certificate) {
    const Endpoint endpoint{address, port};
    config.turn.listeners.push_back(
        {name, {{endpoint, endpoint, {}}}, std::move(transports), std::move(certificate)});
  };
  listen(kTurnPort, {Transport::udp, Transport::tcp}, {});
  listen(kTurnsPort, {Transport::tls, Transport::dtls}, kCertificateName);
}

/// For every address that is listened on, and for "localhost".
Result<void> add_certificate(Config& config) {
  secure::SelfSignedSubject subject{"avedge", {"localhost"}, {}};
  for (const Interface& interface : config.interfaces) {
    subject.addresses.push_back(interface.addresses.front().local);
  }
  auto pem = secure::make_self_signed(subject);
  if (!pem) return pem.reason();
  config.certificates.push_back({kCertificateName, *std::move(pem)});
  return {};
}

}  // namespace

std::vector<IpAddress> machine_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner{list, &freeifaddrs};

  std::vector<IpAddress> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if ((entry->ifa_flags & IFF_UP) == 0) continue;
    if (const auto address = address_of(entry->ifa_addr)) addresses.push_back(*address);
  }
  return addresses;
}

Result<Config> embedded_default(std::span<const IpAddress> addresses) {
  Config config;
  config.realm = "avedge";
  add_network(config, "loopback", IpAddress::v4(127, 0, 0, 1));
  auto global = first_global(addresses, AddressFamily::ipv4);
  if (!global) global = first_global(addresses, AddressFamily::ipv6);
  if (global) add_network(config, "network", *global);

  if (auto added = add_certificate(config); !added) return added.reason();

  config.turn.relay_interface = config.interfaces.back().name;
  config.relays.push_back({config.turn.relay_interface, kRelayPorts});
  config.turn.users.emplace("try-" + random_token(4), random_token(kPasswordLength));
  // The try-out is made with whatever client is at hand.
  config.turn.channel_numbers = ChannelNumbers::rfc5766;
  config.metrics_http = Endpoint::parse(kDefaultMetricsAddress);
  return config;
}

}  // namespace avedge::edge
