#include "relay/stream/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace avedge::relay {
namespace {

using namespace std::string_view_literals;
using Parsed = Verdict<std::optional<ProxyHeader>>;

constexpr std::string_view kSignatureV1 = "PROXY ";
/// With its CRLF.
constexpr std::size_t kLongestLineV1 = 107;

constexpr std::string_view kSignatureV2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kFixedSizeV2 = 16;
constexpr unsigned kLocal = 0x20;  // version 2, and the command
constexpr unsigned kProxy = 0x21;
constexpr unsigned kUnspecified = 0x00;  // family and protocol
constexpr unsigned kTcpOverIpv4 = 0x11;
constexpr unsigned kTcpOverIpv6 = 0x21;
constexpr unsigned kUnixStream = 0x31;
constexpr std::size_t kUnixAddressesSize = 216;
constexpr std::size_t kTypeAndLengthSize = 3;
constexpr unsigned kTypeCrc32c = 0x03;

const Parsed kNeedsMore = std::optional<ProxyHeader>{};
const Parsed kInvalid = DropReason::proxy_header_invalid;

/// Whether `received` is the beginning of `signature`, or begins with it.
bool may_begin_with(std::string_view received, std::string_view signature) {
  const std::size_t both = std::min(received.size(), signature.size());
  return received.substr(0, both) == signature.substr(0, both);
}

/// Port 0 and the wildcard address mean "any" elsewhere: nobody comes from there.
bool is_somebody(const Endpoint& source) {
  return source.port != Port{} && !source.address.is_unspecified();
}

/// The next word of `line` and the one space behind it, which is gone from `line` then.
std::string_view take_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

std::optional<Port> parse_port(std::string_view word) {
  if (word.size() > 1 && word.front() == '0') return std::nullopt;
  return Port::parse(word);
}

/// `line` without signature and CRLF: "TCP4 192.0.2.1 198.51.100.1 40000 443".
std::optional<ProxyHeader> parse_line(std::string_view line) {
  const std::string_view protocol = take_word(line);
  // "UNKNOWN": whatever else stands there is to be ignored.
  if (protocol == "UNKNOWN") return ProxyHeader{};
  const auto source = IpAddress::parse(take_word(line));
  const auto destination = IpAddress::parse(take_word(line));
  const auto source_port = parse_port(take_word(line));
  const auto destination_port = parse_port(line);
  if (!source || !destination || !source_port || !destination_port) return std::nullopt;

  const bool is_v4 = protocol == "TCP4";
  if (!is_v4 && protocol != "TCP6") return std::nullopt;
  if (source->is_v4() != is_v4 || destination->is_v4() != is_v4) return std::nullopt;
  const ProxyHeader header{0, Endpoint{*source, *source_port},
                           Endpoint{*destination, *destination_port}};
  return is_somebody(*header.source) ? std::optional{header} : std::nullopt;
}

Parsed parse_v1(std::string_view received) {
  const std::size_t end = received.substr(0, kLongestLineV1).find("\r\n");
  if (end == std::string_view::npos) {
    return received.size() < kLongestLineV1 ? kNeedsMore : kInvalid;
  }
  auto header = parse_line(received.substr(kSignatureV1.size(), end - kSignatureV1.size()));
  if (!header) return kInvalid;
  header->size = end + 2;
  return header;
}

/// RFC 9260 appendix A, with `blank_size` bytes at `blank` read as zeros.
std::uint32_t crc32c(ConstBytes bytes, std::size_t blank, std::size_t blank_size) {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected
  std::uint32_t crc = 0xffffffff;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool is_blank = i - blank < blank_size;
    crc ^= is_blank ? 0u : std::to_integer<std::uint32_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc % 2 == 0 ? 0 : kPolynomial);
  }
  return ~crc;
}

/// Walks over the type-length-value fields behind the addresses. None of them is of use here, but
/// they must be whole, and a checksum must be right.
bool fields_are_sound(ConstBytes header, std::size_t at) {
  while (at < header.size()) {
    if (header.size() - at < kTypeAndLengthSize) return false;
    const auto type = std::to_integer<unsigned>(header[at]);
    const std::size_t size = load_be16(&header[at + 1]);
    at += kTypeAndLengthSize;
    if (size > header.size() - at) return false;
    if (type == kTypeCrc32c && (size != 4 || load_be32(&header[at]) != crc32c(header, at, size))) {
      return false;
    }
    at += size;
  }
  return true;
}

/// Source and destination address, then source and destination port.
std::optional<ProxyHeader> parse_addresses(ConstBytes header, std::size_t address_size) {
  const std::size_t end = kFixedSizeV2 + 2 * address_size + 4;
  if (header.size() < end || !fields_are_sound(header, end)) return std::nullopt;
  const auto source = IpAddress::from_bytes(header.subspan(kFixedSizeV2, address_size));
  const auto destination =
      IpAddress::from_bytes(header.subspan(kFixedSizeV2 + address_size, address_size));
  const ProxyHeader parsed{header.size(), Endpoint{*source, Port{load_be16(&header[end - 4])}},
                           Endpoint{*destination, Port{load_be16(&header[end - 2])}}};
  return is_somebody(*parsed.source) ? std::optional{parsed} : std::nullopt;
}

/// A client that reached the proxy by a socket in its file system has no address.
std::optional<ProxyHeader> parse_unix(ConstBytes header) {
  constexpr std::size_t kEnd = kFixedSizeV2 + kUnixAddressesSize;
  if (header.size() < kEnd || !fields_are_sound(header, kEnd)) return std::nullopt;
  return ProxyHeader{header.size(), {}, {}};
}

/// `header` is whole. Datagram families are refused: this is a stream.
std::optional<ProxyHeader> parse_whole_v2(ConstBytes header) {
  if (std::to_integer<unsigned>(header[12]) == kLocal) return ProxyHeader{header.size(), {}, {}};
  switch (std::to_integer<unsigned>(header[13])) {
    case kUnspecified: return ProxyHeader{header.size(), {}, {}};
    case kTcpOverIpv4: return parse_addresses(header, 4);
    case kTcpOverIpv6: return parse_addresses(header, 16);
    case kUnixStream: return parse_unix(header);
    default: return std::nullopt;
  }
}

Parsed parse_v2(ConstBytes received) {
  if (received.size() < kFixedSizeV2) return kNeedsMore;
  const auto command = std::to_integer<unsigned>(received[12]);
  if (command != kLocal && command != kProxy) return kInvalid;
  const std::size_t size = kFixedSizeV2 + load_be16(&received[14]);
  if (size > kLongestProxyHeader) return kInvalid;
  if (received.size() < size) return kNeedsMore;
  auto header = parse_whole_v2(received.first(size));
  return header ? Parsed{header} : kInvalid;
}

}  // namespace

Verdict<std::optional<ProxyHeader>> parse_proxy_header(ConstBytes received) {
  const std::string_view text = text_of(received);
  const bool is_v1 = may_begin_with(text, kSignatureV1);
  if (!is_v1 && !may_begin_with(text, kSignatureV2)) return kInvalid;
  if (text.size() < kSignatureV1.size()) return kNeedsMore;
  return is_v1 ? parse_v1(text) : parse_v2(received);
}

}  // namespace avedge::relay
