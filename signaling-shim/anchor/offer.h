// An offer on its way (RFC 3264), and the SIP transaction that carries it.
#pragma once

#include "signaling-shim/anchor/dialog_state.h"

namespace avedge::anchor {

enum class Method : std::uint8_t { invite, ack, prack, update, bye, cancel, other };

/// A SIP transaction as both of its directions name it.
struct Transaction {
  Side requester = Side::caller;
  Method method = Method::other;
  std::uint32_t cseq = 0;

  [[nodiscard]] static Transaction of(const DialogMessage& message);
  friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// Where a call's ports come from: by the party they face.
struct CallPorts {
  PortAllocator caller;
  PortAllocator callee;
  [[nodiscard]] PortAllocator& facing(Side side) { return side == Side::caller ? caller : callee; }
};

/// What the receiver of a description is to see in it.
struct RewrittenDescription {
  PortNames ports;
  /// What the receiver last said itself.
  PartyMedia receiver;
  /// The ports in whose place the sender knows the receiver's.
  PortNames ports_known_to_sender;

  /// Of what `from` says about its `media`, to `receiver`.
  [[nodiscard]] static RewrittenDescription of(const PerSide<PortAssignment>& facing, Side from,
                                               const PartyMedia& media, const PartyMedia& receiver);
};

struct Offer {
  enum class Answer : std::uint8_t {
    none,
    early,  // by an unreliable 18x: may still change
    final
  };

  Side from = Side::caller;
  Transaction carrier;
  PartyMedia media;
  /// Ports for both directions are secured before the offer goes out: an answer is then never
  /// refused for want of ports.
  PerSide<PortAssignment> facing;
  Answer answer = Answer::none;
  /// The dialog's revision that the final answer made, and what carried that answer.
  std::uint64_t revision = 0;
  Transaction answered_by;
  /// As the far side saw the offer, and as its final answer was seen. What is retransmitted later
  /// looks the same, whatever has been agreed since.
  RewrittenDescription shown;
  RewrittenDescription answer_shown;
  Time since{};

  /// Makes the offer of `media` by `from`, keeping the ports of `held`. `receiver` is what the far
  /// side last said itself, without lines if nothing yet.
  /// Fails with ports_exhausted or family_unsupported.
  [[nodiscard]] static Verdict<Offer> make(Side from, const Transaction& carrier, PartyMedia media,
                                           const PerSide<PortAssignment>& held,
                                           const PartyMedia& receiver, CallPorts& ports);
};

}  // namespace avedge::anchor
