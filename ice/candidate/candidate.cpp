#include "ice/candidate/candidate.h"

#include <array>

#include "ice/candidate/tokens.h"

namespace avedge::candidate {
namespace {

/// Both grammars have seven words before anything optional.
using Words = std::array<std::string_view, 7>;

Carrier carrier_of(std::string_view transport) {
  if (equals_ignoring_case(transport, "UDP")) return Carrier::udp;
  // TCP, and Microsoft's TCP-PASS and TCP-ACT.
  if (equals_ignoring_case(transport.substr(0, 3), "TCP")) return Carrier::tcp;
  return Carrier::other;
}

StreamRole role_of(std::string_view word) {
  for (const std::string_view passive : {"passive", "TCP-PASS"}) {
    if (equals_ignoring_case(word, passive)) return StreamRole::passive;
  }
  for (const std::string_view active : {"active", "TCP-ACT"}) {
    if (equals_ignoring_case(word, active)) return StreamRole::active;
  }
  return StreamRole::either;
}

Candidate read_ice19(const Words& words, Tokens rest) {
  Candidate read;
  read.flavour = Flavour::ice19;
  read.foundation = words[0];
  read.transport = words[2];
  read.priority = words[3];
  read.address = words[4];
  read.port = words[5];
  read.type = rest.next();
  read.stream_role = role_of(read.transport);
  for (std::string_view name = rest.next(); !name.empty(); name = rest.next()) {
    const std::string_view value = rest.next();
    if (equals_ignoring_case(name, "raddr")) read.related_address = value;
    if (equals_ignoring_case(name, "rport")) read.related_port = value;
    if (equals_ignoring_case(name, "tcptype")) read.stream_role = role_of(value);
  }
  return read;
}

Candidate read_ice06(const Words& words) {
  Candidate read;
  read.flavour = Flavour::ice06;
  read.foundation = words[0];
  read.password = words[2];
  read.transport = words[3];
  read.priority = words[4];
  read.address = words[5];
  read.port = words[6];
  return read;
}

bool priority_is_valid(const Candidate& read) {
  if (read.flavour == Flavour::ice19) return parse_number<std::uint32_t>(read.priority).has_value();
  return read.priority.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Verdict<Candidate> parse(std::string_view value) {
  Tokens tokens{value};
  Words words;
  for (std::string_view& word : words) word = tokens.next();
  // ICE-06 has no type: the seventh word tells the grammars apart.
  const bool is_ice19 = equals_ignoring_case(words[6], "typ");
  Candidate read = is_ice19 ? read_ice19(words, tokens) : read_ice06(words);

  const auto component = parse_number<std::uint16_t>(words[1]);
  const auto port = Port::parse(read.port);
  if (!component || *component < 1 || *component > 256 || !port || !priority_is_valid(read) ||
      (is_ice19 && read.type.empty())) {
    return DropReason::sdp_malformed;
  }
  read.carrier = carrier_of(read.transport);
  read.component = *component;
  read.ip = IpAddress::parse(read.address);
  read.port_number = *port;
  return read;
}

}  // namespace avedge::candidate
