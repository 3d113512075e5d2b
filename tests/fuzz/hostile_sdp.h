// Session descriptions of parties who mean harm, and of some who do not, as an input says.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "operations.h"

namespace avedge::fuzz {

enum class DescribedSide : std::uint8_t { outside, inside };

/// What stands in every address of that side's own network, and must not show on the other one.
inline constexpr std::string_view network_of(DescribedSide side) {
  return side == DescribedSide::outside ? "192.0.2." : "10.0.0.2";
}

struct Description {
  std::string sdp;
  /// Made of known lines only, so that it is clear what the far side must not see of it; one of
  /// them is relayed, or the description stays as it is.
  bool is_plain = true;
};

namespace description {

/// A party's own addresses, then those it has no business with: the other side, the edge
/// (198.51.100.7 and 10.0.0.10 of FakeSessionControl), loopback, multicast, hold, a name.
inline constexpr std::string_view kOutside[] = {
    "192.0.2.16", "192.0.2.17", "10.0.0.20",     "198.51.100.7", "10.0.0.10", "127.0.0.1",
    "224.0.0.1",  "0.0.0.0",    "2001:db8:a::1", "host.invalid", "10.9.9.9",  "255.255.255.255"};
inline constexpr std::string_view kInside[] = {
    "10.0.0.20", "10.0.0.21", "192.0.2.16", "10.0.0.10",    "198.51.100.7", "127.0.0.1",
    "224.0.0.1", "0.0.0.0",   "fd00::21",   "host.invalid", "169.254.1.1",  "10.9.9.9"};
inline constexpr std::string_view kPorts[] = {"5000", "5002", "5004",  "0",
                                              "9",    "22",   "50000", "65535"};
inline constexpr struct {
  std::string_view media;
  std::string_view rest;
  std::string_view lines;
} kKinds[] = {
    {"audio", " RTP/AVP 0 96", "a=rtpmap:96 opus/48000/2\r\n"},
    {"audio", " RTP/SAVP 0",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:qk2+Fe5CWZcKttfJVk8wShtvC0ixVWQvVx1tYgYg\r\n"},
    {"video", " RTP/AVPF 99", "a=rtcp:5003\r\n"},
    {"image", " udptl t38", ""},
    {"application", " TCP/BFCP *", "a=setup:active\r\na=connection:new\r\n"},
    {"audio", " TCP/RTP/AVP 0", "a=setup:passive\r\n"},
    {"video", "/2 RTP/AVP 99", "a=bundle-only\r\n"},
    {"audio", " UDP/TLS/RTP/SAVPF 111", "a=setup:actpass\r\na=mid:0\r\n"},
};

inline std::string_view family_of(std::string_view address) {
  return address.find(':') == std::string_view::npos ? "IP4" : "IP6";
}
inline std::string line(std::string_view before, std::string_view value,
                        std::string_view after = "") {
  return std::string{before}.append(value).append(after).append("\r\n");
}

/// The lines of ICE that `wanted` (a bit each) asks for, with candidates at `place`.
inline std::string ice_lines(std::size_t wanted, std::string_view place, std::string_view port) {
  const std::string at = std::string{place} + " " + std::string{port};
  std::string lines;
  if ((wanted & 1) != 0) lines += "a=ice-ufrag:there\r\na=ice-pwd:a password of 22 bytes\r\n";
  if ((wanted & 2) != 0) lines += line("a=candidate:1 1 UDP 2130706431 ", at, " typ host");
  if ((wanted & 4) != 0) {
    lines += line("a=candidate:2 1 tcp 2124414975 ", at, " typ host tcptype passive");
    lines += line("a=candidate:2 2 TCP-PASS 5 ", at, " typ relay raddr 192.0.2.17 rport 1");
  }
  if ((wanted & 8) != 0) lines += line("a=candidate:aWQ 1 cHc UDP 0.5 ", at);
  if ((wanted & 16) != 0) lines += line("a=remote-candidates:1 ", at);
  if ((wanted & 32) != 0) lines += "a=rtcp-mux\r\n";
  return lines;
}

/// KIND PORT DIRECTION ICE
inline std::string section(Input& input, std::string_view default_place) {
  static constexpr std::string_view kDirections[] = {"", "a=inactive\r\n", "a=sendonly\r\n",
                                                     "a=recvonly\r\n"};
  const auto& kind = input.one_of(kKinds);
  const std::string_view port = input.one_of(kPorts);
  std::string text = "m=" + std::string{kind.media} + " " + line(port, kind.rest);
  text.append(kind.lines).append(input.one_of(kDirections));
  return text + ice_lines(input.below(64), default_place, port);
}

/// A port of 0 rejects a line (RFC 3264 §6).
inline bool has_relayed_line(std::string_view sdp) {
  for (std::size_t at = sdp.find("m="); at != std::string_view::npos; at = sdp.find("m=", at + 1)) {
    if (sdp[sdp.find(' ', at) + 1] != '0') return true;
  }
  return false;
}

}  // namespace description

/// PLACE LINES, then for each line KIND PORT DIRECTION ICE, then EXTRA: 0 for nothing, 1 for a line
/// of the input's own (LENGTH BYTES), 2 for an end that is cut off (LENGTH).
inline Description describe(Input& input, DescribedSide side) {
  using namespace description;
  const bool is_outside = side == DescribedSide::outside;
  const std::string_view place = is_outside ? input.one_of(kOutside) : input.one_of(kInside);
  const std::string at = std::string{family_of(place)} + " " + std::string{place};
  Description made;
  made.sdp = line("v=0\r\no=- 1 1 IN ", at) + line("s=-\r\nc=IN ", at, "\r\nt=0 0");
  for (std::size_t count = input.below(5); count > 0; --count) made.sdp += section(input, place);
  const std::size_t extra = input.below(3);
  made.is_plain = extra == 0 && has_relayed_line(made.sdp);
  if (extra == 1) made.sdp += line("a=", input.bytes());
  if (extra == 2) made.sdp.resize(made.sdp.size() - std::min(made.sdp.size(), input.below(256)));
  return made;
}

}  // namespace avedge::fuzz
