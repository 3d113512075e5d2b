// One TURN client (RFC 8656), as far as a load generator needs it: blocking transactions with
// retransmission, long-term credentials, one allocation.
#pragma once

#include <functional>
#include <string>

#include "bench/load/client_link.h"
#include "ice/stun/stun_builder.h"
#include "ice/stun/stun_view.h"
#include "relay/core/flow.h"

namespace avedge::bench {

/// `realm` and `nonce` are learnt from the server. Passing them on from client to client saves a
/// round trip where the server's nonces are not bound to a client.
struct Account {
  std::string user;
  std::string password;
  std::string realm;
  std::string nonce;
};

class TurnClient {
 public:
  TurnClient(std::unique_ptr<ClientConnection> link, Account account);

  /// Each of these waits for the server's answer, 8 seconds at most.
  [[nodiscard]] Result<void> allocate();
  [[nodiscard]] Result<void> create_permission(const Endpoint& peer);
  [[nodiscard]] Result<void> bind_channel(const Endpoint& peer, ChannelField channel);
  /// Gives the allocation back, without waiting for the answer.
  void release();

  [[nodiscard]] ClientConnection& link() const { return *link_; }
  [[nodiscard]] int descriptor() const { return link_->descriptor(); }
  [[nodiscard]] const Endpoint& relayed() const { return relayed_; }
  [[nodiscard]] const Account& account() const { return account_; }

 private:
  using AddAttributes = std::function<void(stun::StunBuilder&)>;
  using Buffer = std::array<std::byte, 1500>;

  [[nodiscard]] Result<void> transact(stun::Method method, const AddAttributes& add);
  [[nodiscard]] ConstBytes build(Buffer& buffer, stun::Method method,
                                 const stun::TransactionId& transaction, const AddAttributes& add);
  [[nodiscard]] Result<ConstBytes> exchange(ConstBytes request,
                                            const stun::TransactionId& transaction);
  [[nodiscard]] std::optional<ConstBytes> await(const stun::TransactionId& transaction,
                                                std::chrono::milliseconds wait);
  [[nodiscard]] bool learn_challenge(const stun::StunView& response);

  std::unique_ptr<ClientConnection> link_;
  Account account_;
  Endpoint relayed_;
};

}  // namespace avedge::bench
