#include "signaling-shim/sip/signed_tokens.h"

#include <array>
#include <utility>

namespace avedge::sip {
namespace {

/// Contexts separate the kinds: none is valid as another.
constexpr std::string_view kViaContext = "via";
constexpr std::string_view kRouteContext = "route";
constexpr std::string_view kPathContext = "path";

/// One SIP flow, one session, one side and one listener, in network byte order.
struct Wire {
  SipFlow flow;
  ListenerIndex other{};
  anchor::SessionId session{};
  Side side{};
  Trust trust{};
};

/// Shares the first byte with the side.
constexpr std::uint8_t kTrustBit = 0x80;

std::string write(const Wire& wire) {
  std::array<std::byte, 40> buffer;
  ByteWriter writer{buffer};
  writer.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(wire.side) |
                                      (wire.trust == Trust::yes ? kTrustBit : 0)));
  writer.u8(static_cast<std::uint8_t>(wire.other));
  writer.u8(static_cast<std::uint8_t>(wire.flow.listener));
  writer.u8(static_cast<std::uint8_t>(wire.flow.transport));
  writer.u64(static_cast<std::uint64_t>(wire.session));
  writer.u64(static_cast<std::uint64_t>(wire.flow.connection));
  writer.u16(wire.flow.remote.port.number());
  writer.bytes(wire.flow.remote.address.bytes());
  return std::string{text_of(writer.written())};
}

/// Reads only output of write(): the signature has been verified.
std::optional<Wire> read(std::string_view payload) {
  constexpr std::size_t kFixed = 22;
  if (payload.size() < kFixed) return std::nullopt;
  const std::byte* at = bytes_of(payload).data();
  const auto address = IpAddress::from_bytes(bytes_of(payload).subspan(kFixed));
  if (!address) return std::nullopt;
  Wire wire;
  const auto first = static_cast<std::uint8_t>(at[0]);
  wire.trust = (first & kTrustBit) != 0 ? Trust::yes : Trust::no;
  wire.side = static_cast<Side>(first & ~kTrustBit);
  wire.other = static_cast<ListenerIndex>(at[1]);
  wire.flow.listener = static_cast<ListenerIndex>(at[2]);
  wire.flow.transport = static_cast<Transport>(at[3]);
  wire.session = static_cast<anchor::SessionId>(load_be64(at + 4));
  wire.flow.connection = static_cast<ConnectionId>(load_be64(at + 12));
  wire.flow.remote = {*address, Port{load_be16(at + 20)}};
  return wire;
}

}  // namespace

std::string SignedTokens::sign(const ViaToken& token, std::string_view branch,
                               std::string_view call_id) const {
  return signer_.sign(
      write({token.upstream, token.downstream, token.session, token.sender, token.trust}),
      {kViaContext, branch, call_id});
}

std::optional<ViaToken> SignedTokens::verify_via(std::string_view signed_text,
                                                 std::string_view branch,
                                                 std::string_view call_id) const {
  const auto payload = signer_.verify(signed_text, {kViaContext, branch, call_id});
  const auto wire = payload ? read(*payload) : std::nullopt;
  if (!wire) return std::nullopt;
  return ViaToken{wire->flow, wire->other, wire->session, wire->side, wire->trust};
}

std::string SignedTokens::sign(const RecordRouteToken& token, std::string_view call_id) const {
  return signer_.sign(
      write({token.flow, token.flow.listener, token.session, token.faces, token.trust}),
      {kRouteContext, call_id});
}

std::optional<RecordRouteToken> SignedTokens::verify_record_route(std::string_view signed_text,
                                                                  std::string_view call_id) const {
  const auto payload = signer_.verify(signed_text, {kRouteContext, call_id});
  const auto wire = payload ? read(*payload) : std::nullopt;
  if (!wire) return std::nullopt;
  return RecordRouteToken{wire->flow, wire->session, wire->side, wire->trust};
}

std::string SignedTokens::sign(const PathToken& token) const {
  return signer_.sign(write({token.client, token.facing, kNoSession, {}, token.trust}),
                      {kPathContext});
}

std::optional<PathToken> SignedTokens::verify_path(std::string_view signed_text) const {
  const auto payload = signer_.verify(signed_text, {kPathContext});
  const auto wire = payload ? read(*payload) : std::nullopt;
  if (!wire) return std::nullopt;
  return PathToken{wire->flow, wire->other, wire->trust};
}

}  // namespace avedge::sip
