#include "bench/guard/messages.h"

#include <array>

#include "ice/stun/long_term_key.h"
#include "ice/stun/stun_builder.h"

namespace avedge::bench::guard {
namespace {

using stun::AttributeType;
using stun::MessageClass;
using stun::Method;
using stun::StunBuilder;
using stun::TransactionId;

constexpr std::size_t kRtpSize = 172;
using Buffer = std::array<std::byte, 1500>;

Message copy_of(ConstBytes bytes) {
  return {bytes.begin(), bytes.end()};
}

Message signed_by(const TurnClient& client, StunBuilder& request) {
  const Account& account = client.account();
  return copy_of(request.text(AttributeType::username, account.user)
                     .text(AttributeType::realm, account.realm)
                     .text(AttributeType::nonce, account.nonce)
                     .integrity(stun::long_term_key(account.user, account.realm, account.password))
                     .finish());
}

Message refresh_for(const TurnClient& client, std::uint32_t seconds) {
  Buffer buffer;
  StunBuilder request{buffer, Method::refresh, MessageClass::request, TransactionId::random()};
  return signed_by(client, request.u32(AttributeType::lifetime, seconds));
}

}  // namespace

Message rtp() {
  Message message(kRtpSize);
  message[0] = std::byte{0x80};
  return message;
}

Message channel_data(ChannelField channel) {
  const Message payload = rtp();
  Message message(kChannelDataHeaderSize);
  write_channel_data_header(message.data(), channel, payload.size());
  message.insert(message.end(), payload.begin(), payload.end());
  return message;
}

Message send_indication(const Endpoint& peer) {
  Buffer buffer;
  return copy_of(
      StunBuilder{buffer, Method::send, MessageClass::indication, TransactionId::random()}
          .xor_address(AttributeType::xor_peer_address, peer)
          .raw(AttributeType::data, rtp())
          .finish());
}

Message binding() {
  Buffer buffer;
  return copy_of(
      StunBuilder{buffer, Method::binding, MessageClass::request, TransactionId::random()}
          .finish());
}

Message allocate(const TurnClient& client) {
  constexpr std::uint8_t kProtocolUdp = 17;  // RFC 8656 §18.7
  Buffer buffer;
  StunBuilder request{buffer, Method::allocate, MessageClass::request, TransactionId::random()};
  return signed_by(client, request.u8_of_four(AttributeType::requested_transport, kProtocolUdp));
}

Message refresh(const TurnClient& client) {
  return refresh_for(client, 600);
}

Message release(const TurnClient& client) {
  return refresh_for(client, 0);
}

}  // namespace avedge::bench::guard
