// Pending INVITEs. INVITE is the only request for whose hop the edge is responsible: it sends 100
// at once (§16.2), so the client stops retransmitting, and from then on the edge provides
// reliability towards the next hop: retransmission (timer A), fail-over, time-outs (timers B and
// C), the ACK to a failure (§17.1.1.3) and the failure's own retransmission (timer G). A 2xx and
// its ACK pass end to end. The proxy forwards everything else without state.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "signaling-shim/sip/deadlines.h"
#include "signaling-shim/sip/message_forwarder.h"
#include "signaling-shim/sip/pending_bytes.h"
#include "signaling-shim/sip/retransmitter.h"
#include "signaling-shim/sip/route_table.h"

namespace avedge::sip {

/// §16.6 step 11: how long a call may ring; every provisional response restarts it.
inline constexpr std::chrono::minutes kTimerC{3};

class InviteTransactions {
 public:
  InviteTransactions(MessageForwarder& forwarder, RouteTable& routes, Retransmitter& retransmitter,
                     ResponseByteLimiter& answers, PendingBytes& pending_bytes)
      : forwarder_{forwarder},
        routes_{routes},
        retransmitter_{retransmitter},
        answers_{answers},
        pending_bytes_{pending_bytes} {}

  /// Sends a new INVITE to the first of `candidates` (not empty). If this fails, the caller
  /// abandons the session it opened; `out` is unchanged then.
  [[nodiscard]] Verdict<void> begin(Time now, const View& invite, const RouteSet& routes,
                                    ForwardContext context, std::vector<SipFlow> candidates,
                                    Outbox& out);
  /// Handles INVITE, ACK and CANCEL of an existing transaction; false: not ours.
  bool handle_in_transaction(Time now, const View& request, const Branch& branch,
                             const SipFlow& from, Outbox& out);
  /// Handles a response to an INVITE or CANCEL; false: no such transaction, forward it unchanged.
  bool on_response(Time now, const View& response, const Branch& branch, const ViaToken& token,
                   const SipFlow& from, Outbox& out);
  /// Handles the response to a BYE of our own; false: not ours.
  bool on_bye_response(const View& response);
  /// The INVITE of that branch could not be delivered; tries the next hop, or answers 503.
  void on_undeliverable(Time now, const Branch& branch, Outbox& out);
  void on_timer(Time now, Outbox& out);
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }

 private:
  enum class State : std::uint8_t {
    calling,     // no response from the next hop yet
    proceeding,  // it has sent a provisional response
    accepted,    // a 2xx was forwarded; more may follow
    completed    // a failure was sent upstream
  };
  enum class Opens : bool { nothing, session };

  struct Entry {
    State state = State::calling;
    ForwardContext context;  // context.branch.attempt indexes `candidates`
    std::vector<SipFlow> candidates;
    Opens opens = Opens::nothing;
    // Only the parts of the INVITE that may be needed again are kept, and each only once.
    std::string original;      // as received, while another candidate may be tried
    std::string forwarded;     // headers sent to the current candidate
    std::size_t repeated = 0;  // bytes that the retransmitter holds
    Send last_response;        // the answer to a retransmitted INVITE
    bool cancelled = false;
    /// When an unproven call releases its ports, unless it rings by then.
    Time give_up = kNever;
    /// Bytes that an unproven source has sent, and that our responses may cost.
    std::size_t credit = 0;
    std::string held_cancel;  // §9.1: not before a provisional response
    /// Tags of callees whose answers were rejected because no ports were available.
    std::vector<std::string> hung_up;
  };

  [[nodiscard]] Verdict<void> check_room(const View& invite, const ForwardContext& context) const;
  [[nodiscard]] Verdict<void> attempt(Time now, Entry& entry, const View& invite,
                                      const RouteSet& routes, Outbox& out);
  bool try_next(Time now, Entry& entry, Outbox& out);
  void on_provisional(Time now, Entry& entry, const View& response, const ViaToken& token,
                      const SipFlow& from, Outbox& out);
  void on_success(Time now, Entry& entry, const View& response, const ViaToken& token,
                  const SipFlow& from, Outbox& out);
  void hang_up(Time now, Entry& entry, const View& answer, Outbox& out);
  void on_failure(Time now, Entry& entry, const View& response, const ViaToken& token,
                  const SipFlow& from, Outbox& out);
  void on_cancel(Time now, Entry& entry, const View& cancel, const SipFlow& from, Outbox& out);
  void on_due(Time now, Entry& entry, Outbox& out);
  void send_cancel(Time now, Entry& entry, std::string bytes, Outbox& out);
  void send_ack(const Entry& entry, const View& response, Outbox& out);
  void fail(Time now, Entry& entry, int status, Outbox& out);
  void refuse(Time now, Entry& entry, int status, Outbox& out);
  enum class Origin : bool { edge, callee };
  void complete(Time now, Entry& entry, Send final_response, Origin origin, Outbox& out);
  void answer(Time now, Entry& entry, Send response, Origin origin, Outbox& out);
  bool admits(Time now, Entry& entry, const Send& response);
  void set_deadline(Time now, Entry& entry, Duration wait);
  void forget(const std::string& key);
  void stop_repeating(Entry& entry);
  void hold(const Entry& entry, std::string& field, std::string value);
  void count_held(const Entry& entry, std::size_t before, std::size_t after);

  MessageForwarder& forwarder_;
  RouteTable& routes_;
  Retransmitter& retransmitter_;
  ResponseByteLimiter& answers_;
  PendingBytes& pending_bytes_;
  std::unordered_map<std::string, Entry> entries_;  // by Branch::key
  std::size_t held_bytes_ = 0;
  Deadlines deadlines_;
};

}  // namespace avedge::sip
