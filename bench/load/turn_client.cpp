#include "bench/load/turn_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>

#include "ice/stun/attribute_values.h"
#include "ice/stun/integrity.h"
#include "ice/stun/long_term_key.h"

namespace avedge::bench {
namespace {

using std::chrono::milliseconds;
using stun::AttributeType;
using stun::MessageClass;
using stun::Method;

/// RFC 8489 §6.2.1: the first retransmission after 500 ms, then twice as late each time.
constexpr milliseconds kFirstTimeout{500};
constexpr milliseconds kPatience{7500};
/// A challenge and a nonce that went stale meanwhile; more means that the server does not want us.
constexpr int kMaxChallenges = 3;
/// RFC 8656 §18.7: UDP.
constexpr std::uint8_t kProtocolUdp = 17;

std::string describe(Method method) {
  switch (method) {
    case Method::allocate: return "Allocate";
    case Method::refresh: return "Refresh";
    case Method::create_permission: return "CreatePermission";
    case Method::channel_bind: return "ChannelBind";
    default: return "request";
  }
}

}  // namespace

TurnClient::TurnClient(std::unique_ptr<ClientConnection> link, Account account)
    : link_{std::move(link)}, account_{std::move(account)} {}

Result<void> TurnClient::allocate() {
  return transact(Method::allocate, [](stun::StunBuilder& request) {
    request.u8_of_four(AttributeType::requested_transport, kProtocolUdp);
  });
}

Result<void> TurnClient::create_permission(const Endpoint& peer) {
  return transact(Method::create_permission, [&](stun::StunBuilder& request) {
    request.xor_address(AttributeType::xor_peer_address, peer);
  });
}

Result<void> TurnClient::bind_channel(const Endpoint& peer, ChannelField channel) {
  return transact(Method::channel_bind, [&](stun::StunBuilder& request) {
    request.channel_number(channel).xor_address(AttributeType::xor_peer_address, peer);
  });
}

void TurnClient::release() {
  Buffer buffer;
  const ConstBytes request =
      build(buffer, Method::refresh, stun::TransactionId::random(),
            [](stun::StunBuilder& refresh) { refresh.u32(AttributeType::lifetime, 0); });
  link_->send(request);
}

Result<void> TurnClient::transact(Method method, const AddAttributes& add) {
  for (int challenges = 0; challenges <= kMaxChallenges; ++challenges) {
    const auto transaction = stun::TransactionId::random();
    Buffer buffer;
    const auto answer = exchange(build(buffer, method, transaction, add), transaction);
    if (!answer) return answer.reason().in(describe(method));
    const auto response = stun::StunView::parse(*answer);
    if (!response) return Error{describe(method) + ": the answer is no STUN message"};

    if (response->message_class() == MessageClass::success) {
      const auto key = stun::long_term_key(account_.user, account_.realm, account_.password);
      if (!stun::verify_integrity(*response, key)) {
        return Error{describe(method) + ": the answer has a wrong MESSAGE-INTEGRITY"};
      }
      const auto relayed = response->find(AttributeType::xor_relayed_address);
      if (relayed) relayed_ = stun::read_xor_address(*relayed, transaction).value_or(Endpoint{});
      return {};
    }
    if (!learn_challenge(*response)) {
      const auto code = response->find(AttributeType::error_code);
      const auto error = code ? stun::read_error_code(*code) : std::nullopt;
      return Error{describe(method) + " was refused: " +
                   (error ? std::to_string(error->code) + " " + std::string{error->reason} : "?")};
    }
  }
  return Error{describe(method) + ": the server goes on asking for credentials"};
}

ConstBytes TurnClient::build(Buffer& buffer, Method method, const stun::TransactionId& transaction,
                             const AddAttributes& add) {
  stun::StunBuilder request{buffer, method, MessageClass::request, transaction};
  add(request);
  if (!account_.nonce.empty()) {
    request.text(AttributeType::username, account_.user)
        .text(AttributeType::realm, account_.realm)
        .text(AttributeType::nonce, account_.nonce)
        .integrity(stun::long_term_key(account_.user, account_.realm, account_.password));
  }
  return request.finish();
}

Result<ConstBytes> TurnClient::exchange(ConstBytes request,
                                        const stun::TransactionId& transaction) {
  if (request.empty()) return Error{"user, realm or nonce is too long for one datagram"};
  milliseconds wait = link_->is_reliable() ? kPatience : kFirstTimeout;
  for (milliseconds waited{0}; waited < kPatience; waited += wait, wait *= 2) {
    if (!link_->send(request)) return Error::from_errno("cannot send to the server");
    if (const auto answer = await(transaction, wait)) return *answer;
  }
  return Error{"no answer from the server"};
}

std::optional<ConstBytes> TurnClient::await(const stun::TransactionId& transaction,
                                            milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (true) {
    while (const auto arrived = link_->receive()) {
      const auto message = stun::StunView::parse(*arrived);
      if (message && message->transaction() == transaction) return arrived;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(
        deadline - std::chrono::steady_clock::now() + milliseconds{1});
    pollfd readable{link_->descriptor(), POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) <= 0) return {};
  }
}

/// 401 and 438 bring the realm and nonce to ask again with (RFC 8489 §9.2.5).
bool TurnClient::learn_challenge(const stun::StunView& response) {
  const auto code = response.find(AttributeType::error_code);
  const auto error = code ? stun::read_error_code(*code) : std::nullopt;
  const auto nonce = response.find(AttributeType::nonce);
  if (!error || !nonce || (error->code != 401 && error->code != 438)) return false;
  // A 401 for the same nonce again is a verdict about the password.
  if (error->code == 401 && account_.nonce == text_of(*nonce)) return false;
  account_.nonce = text_of(*nonce);
  if (const auto realm = response.find(AttributeType::realm)) account_.realm = text_of(*realm);
  return true;
}

}  // namespace avedge::bench
