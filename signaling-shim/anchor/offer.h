// A pending offer (RFC 3264), and the SIP transaction that carries it.
#pragma once

#include "signaling-shim/anchor/dialog_state.h"

namespace avedge::anchor {

enum class Method : std::uint8_t { invite, ack, prack, update, bye, cancel, other };

/// A SIP transaction, identified in both directions.
struct Transaction {
  Side requester = Side::caller;
  Method method = Method::other;
  std::uint32_t cseq = 0;

  [[nodiscard]] static Transaction of(const DialogMessage& message);
  friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// Sources of a call's ports, by the party they face.
struct CallPorts {
  PortAllocator caller;
  PortAllocator callee;
  [[nodiscard]] PortAllocator& facing(Side side) { return side == Side::caller ? caller : callee; }
};

/// The description as shown to the receiver.
struct RewrittenDescription {
  PortNames ports;
  /// The receiver's own last description.
  PartyMedia receiver;
  /// The ports that the sender knows in place of the receiver's.
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
  /// The offer as shown to the far side, and its final answer as shown. Retransmissions look the
  /// same, whatever has been agreed since.
  RewrittenDescription shown;
  RewrittenDescription answer_shown;
  Time since{};

  /// Makes the offer of `media` by `from`, keeping the ports of `held`. `receiver` is the far
  /// side's last description, without lines if there is none. Fails with ports_exhausted or
  /// family_unsupported.
  [[nodiscard]] static Verdict<Offer> make(Side from, const Transaction& carrier, PartyMedia media,
                                           const PerSide<PortAssignment>& held,
                                           const PartyMedia& receiver, CallPorts& ports);
};

}  // namespace avedge::anchor
