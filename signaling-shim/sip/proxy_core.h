// A record-routing proxy between the edge's interfaces (RFC 3261 §16), without sockets or clock: a
// message and a time in, messages out. It keeps only INVITE transactions; other state travels,
// signed, in its Via and Record-Route. A request with no route is refused: the edge is not an open
// proxy. Signalling thread only.
#pragma once

#include <string_view>

#include "signaling-shim/sip/established_sources.h"
#include "signaling-shim/sip/health_checks.h"
#include "signaling-shim/sip/invite_transactions.h"
#include "signaling-shim/sip/rate_limiter.h"

namespace avedge::sip {

class ProxyCore {
 public:
  /// All of them must outlive the core; listeners must have their final ports.
  ProxyCore(const Settings& settings, const SigningKey& key, anchor::MediaAnchor& anchor,
            Counters& counters, PendingBytes& pending_bytes);

  /// One whole message, as a datagram or cut from a stream, received from `from` (its remote is the
  /// source address). Appends the messages to send to `out`, in order.
  void on_message(Time now, const SipFlow& from, std::string_view message, Outbox& out);
  /// The head of a request on a stream that exceeds its sender's limit.
  void on_too_long(Time now, const SipFlow& from, std::string_view head, Outbox& out);
  /// A message of ours that could not be sent: an INVITE goes to the next hop, any other request is
  /// answered 503.
  void on_undeliverable(Time now, const Send& message, Outbox& out);
  /// Handles expired timers. Call it no earlier than next_deadline(), and soon after it.
  void on_timer(Time now, Outbox& out);
  [[nodiscard]] Time next_deadline() const;

  /// For name lookups.
  [[nodiscard]] HopTable& hops() { return routes_.hops(); }

 private:
  void on_request(Time now, const SipFlow& from, const View& request, Outbox& out);
  void on_response(Time now, const SipFlow& from, const View& response, Outbox& out);
  [[nodiscard]] bool is_admitted(const SipFlow& from) const;
  [[nodiscard]] bool is_next_hop(const SipFlow& from) const;
  [[nodiscard]] anchor::CallSource source_of(Time now, const SipFlow& from);
  [[nodiscard]] bool is_unproven(Time now, const SipFlow& from);
  void note_proof(Time now, const SipFlow& from);
  bool flooded(Time now, const SipFlow& from, std::string_view message);
  void refuse_malformed(Time now, const SipFlow& from, std::string_view message, DropReason reason,
                        Outbox& out);
  bool is_acceptable(Time now, const View& request, const Branch& branch, const SipFlow& from,
                     Outbox& out);
  void refuse(Time now, const View& request, const SipFlow& from, int status, DropReason reason,
              Outbox& out, std::string extra_headers = {});
  void answer_once(Time now, const SipFlow& from, std::size_t request_bytes,
                   std::optional<Send> answer, Outbox& out);
  void forward_in_dialog(Time now, const View& request, const RouteSet& routes,
                         ForwardContext context, Outbox& out);
  void forward_by_table(Time now, const View& request, const RouteSet& routes,
                        ForwardContext context, Outbox& out);
  void forward_to_client(Time now, const View& request, const RouteSet& routes,
                         ForwardContext context, Outbox& out);
  void forward_new(Time now, const View& request, const RouteSet& routes, ForwardContext context,
                   std::vector<SipFlow> candidates, const Route& route, Outbox& out);
  void forward(Time now, const View& request, const RouteSet& routes, ForwardContext context,
               std::vector<SipFlow> candidates, Outbox& out);
  [[nodiscard]] bool leads_to_next_hop(const RouteSet& routes, std::string_view interface) const;
  [[nodiscard]] Verdict<anchor::SessionId> open_session(Time now, const View& invite,
                                                        const ForwardContext& context,
                                                        const Route& route);
  [[nodiscard]] std::optional<ViaToken> claim_of(const View& message, ListenerIndex sent_by) const;

  const Settings& settings_;
  Counters& counters_;
  PendingBytes& pending_bytes_;
  MessageForwarder forwarder_;
  RouteTable routes_;
  Retransmitter retransmitter_;
  ResponseByteLimiter answers_;
  InviteTransactions invites_;
  HealthChecks health_;
  RateLimiter limiter_;
  EstablishedSources datagram_sources_;
  EstablishedSources stream_sources_;  // by address: each connection has another port
};

}  // namespace avedge::sip
