#include "signaling-shim/sip/proxy_core.h"

#include <algorithm>

#include "signaling-shim/sip/dialog_targets.h"
#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0";

bool looks_like_response(std::string_view message) {
  return equals_ignoring_case(message.substr(0, kVersion.size()), kVersion);
}

/// Requests that can create a dialog (§12.1, RFC 6665, RFC 3515): later ones must return to us.
bool creates_dialog(Method method) {
  return method == Method::invite || method == Method::subscribe || method == Method::refer;
}

std::string request_timer(const Branch& branch, std::string_view method) {
  return branch.key + '/' + std::string{method};
}

/// §16.3 step 5, §20.29: the extensions that a proxy must support. We support none.
std::string unsupported(const View& request) {
  std::string names;
  for (const ListItem& item : list_items(request.header_index(), HeaderId::proxy_require)) {
    names += (names.empty() ? "Unsupported: " : ", ") + std::string{item.value};
  }
  return names.empty() ? names : names + "\r\n";
}

std::string_view version_of(std::string_view start_line) {
  const std::size_t blank = start_line.rfind(' ');
  return blank == std::string_view::npos ? std::string_view{} : start_line.substr(blank + 1);
}

bool is_secure(const RouteSet& routes) {
  const auto uri = Uri::parse(routes.request_uri());
  return uri && equals_ignoring_case(uri->scheme, "sips");
}

/// RFC 5630 §3.1.3: a sips URI requires TLS on every hop.
bool keep_secure(std::vector<SipFlow>& candidates) {
  candidates.erase(
      std::remove_if(candidates.begin(), candidates.end(),
                     [](const SipFlow& hop) { return hop.transport != Transport::tls; }),
      candidates.end());
  return !candidates.empty();
}

}  // namespace

ProxyCore::ProxyCore(const Settings& settings, const SigningKey& key, anchor::MediaAnchor& anchor,
                     Counters& counters, PendingBytes& pending_bytes)
    : settings_{settings},
      counters_{counters},
      pending_bytes_{pending_bytes},
      forwarder_{settings, key, anchor, counters},
      routes_{settings, counters},
      retransmitter_{settings.limits.pending_bytes},
      answers_{settings.limits, counters},
      invites_{forwarder_, routes_, retransmitter_, answers_, pending_bytes},
      health_{settings, routes_.hops(), forwarder_.signer()},
      limiter_{settings.limits.requests_per_second, settings.limits.request_burst,
               settings.limits.rate_limited_sources},
      datagram_sources_{settings.limits.established_sources, settings.limits.established_lifetime},
      stream_sources_{settings.limits.established_sources, settings.limits.established_lifetime} {}

void ProxyCore::on_message(Time now, const SipFlow& from, std::string_view message, Outbox& out) {
  if (!is_admitted(from)) return counters_.drops.count(DropReason::sip_source_refused);
  message = without_leading_crlf(message);
  if (message.empty()) return;  // a keep-alive
  if (flooded(now, from, message)) return counters_.drops.count(DropReason::sip_flood);
  const auto framing = from.transport == Transport::udp ? Framing::datagram : Framing::stream;
  auto view = View::parse(message, framing);
  if (!view) return refuse_malformed(now, from, message, view.reason(), out);
  if (view->is_request()) {
    on_request(now, from, *view, out);
  } else {
    on_response(now, from, *view, out);
  }
}

void ProxyCore::on_too_long(Time now, const SipFlow& from, std::string_view head, Outbox& out) {
  if (flooded(now, from, head)) return counters_.drops.count(DropReason::sip_flood);
  refuse_malformed(now, from, head, DropReason::sip_too_large, out);
}

/// Responses answer our own messages, and next hops carry many clients' traffic.
bool ProxyCore::flooded(Time now, const SipFlow& from, std::string_view message) {
  return !looks_like_response(message) && !is_next_hop(from) &&
         !limiter_.admit(now, from.remote.address);
}

/// A stream from another source was not accepted, or we opened it.
bool ProxyCore::is_admitted(const SipFlow& from) const {
  return from.transport != Transport::udp ||
         settings_.at(from.listener).admits(from.remote.address) || is_next_hop(from);
}

bool ProxyCore::is_next_hop(const SipFlow& from) const {
  return routes_.hops().has(forwarder_.interface_of(from), from.remote.address);
}

/// A host that knows a next hop's address can forge it on a datagram, but cannot open a connection
/// from it.
anchor::CallSource ProxyCore::source_of(Time now, const SipFlow& from) {
  using anchor::Standing;
  using Match = EstablishedSources::Match;
  const bool is_datagram = from.transport == Transport::udp;
  const Endpoint any_port{from.remote.address, Port{}};
  if (is_next_hop(from)) return {is_datagram ? Standing::next_hop : Standing::trusted, any_port};
  const Match match =
      is_datagram ? datagram_sources_.find(now, from.remote) : stream_sources_.find(now, any_port);
  if (match == Match::endpoint && is_datagram) return {Standing::established, from.remote};
  if (match != Match::none) return {Standing::established, any_port};
  return {is_datagram ? Standing::stranger : Standing::connected, any_port};
}

bool ProxyCore::is_unproven(Time now, const SipFlow& from) {
  return source_of(now, from).standing == anchor::Standing::stranger;
}

/// It has sent a value that only a receiver at that address can know.
void ProxyCore::note_proof(Time now, const SipFlow& from) {
  if (is_next_hop(from)) return;
  if (from.transport == Transport::udp) {
    datagram_sources_.note(now, from.remote);
  } else {
    stream_sources_.note(now, {from.remote.address, Port{}});
  }
  counters_.established_sources.set(
      static_cast<std::int64_t>(datagram_sources_.size() + stream_sources_.size()));
}

/// §16.3 step 1. Silently drops requests that lack headers for an answer, or that must not be
/// answered (ACK, §17.1.1.3).
void ProxyCore::refuse_malformed(Time now, const SipFlow& from, std::string_view message,
                                 DropReason reason, Outbox& out) {
  counters_.drops.count(reason);
  const auto header_index = HeaderIndex::parse(message);
  if (!header_index || looks_like_response(message)) return;
  const std::string_view line = header_index->start_line();
  const std::string_view method = line.substr(0, line.find(' '));
  if (!is_token(method) || method == "ACK") return;
  const std::string_view version = version_of(line);
  const bool newer = equals_ignoring_case(version.substr(0, 4), "SIP/") &&
                     !equals_ignoring_case(version, kVersion);
  const int status = newer ? 505 : reason == DropReason::sip_too_large ? 513 : 400;
  answer_once(now, from, message.size(),
              forwarder_.own_response(*header_index, method_of(method), from, status), out);
}

void ProxyCore::on_request(Time now, const SipFlow& from, const View& request, Outbox& out) {
  counters_.count_request(request.method());
  const Branch branch =
      Branch::of(request, from, forwarder_.interface_of(from), forwarder_.signer());
  const bool answers_refusal =
      request.method() == Method::ack &&
      forwarder_.is_own_tag(request.to_tag(), request.call_id(), from.remote.address);
  if (answers_refusal) note_proof(now, from);
  if (invites_.handle_in_transaction(now, request, branch, from, out) || answers_refusal) return;
  if (!is_acceptable(now, request, branch, from, out)) return;
  const auto routes = RouteSet::read(request, forwarder_.tokens(), settings_, from.listener);
  if (!routes) {
    const bool forged = routes.reason() == DropReason::sip_forged_route;
    return refuse(now, request, from, forged ? 403 : 400, routes.reason(), out);
  }
  ForwardContext context;
  context.from = from;
  context.upstream = response_path(from, request.via());
  context.branch = branch;
  context.standing = source_of(now, from).standing;
  context.charged = pending_bytes_.charged(from);
  if (routes->dialog()) {
    forward_in_dialog(now, request, *routes, std::move(context), out);
  } else if (routes->path()) {
    forward_to_client(now, request, *routes, std::move(context), out);
  } else {
    forward_by_table(now, request, *routes, std::move(context), out);
  }
}

/// §16.3 steps 3–5.
bool ProxyCore::is_acceptable(Time now, const View& request, const Branch& branch,
                              const SipFlow& from, Outbox& out) {
  if (request.max_forwards() == 0U) {
    refuse(now, request, from, 483, DropReason::sip_too_many_hops, out);
    return false;
  }
  if (has_looped(request, branch)) {
    refuse(now, request, from, 482, DropReason::sip_too_many_hops, out);
    return false;
  }
  // §20.29: ignored in ACK and CANCEL.
  if (request.method() == Method::ack || request.method() == Method::cancel) return true;
  if (std::string names = unsupported(request); !names.empty()) {
    refuse(now, request, from, 420, DropReason::sip_bad_extension, out, std::move(names));
    return false;
  }
  return true;
}

void ProxyCore::refuse(Time now, const View& request, const SipFlow& from, int status,
                       DropReason reason, Outbox& out, std::string extra_headers) {
  counters_.drops.count(reason);
  if (request.method() == Method::ack) return;
  answer_once(now, from, request.text().size(),
              forwarder_.own_response(request.header_index(), request.method(), from, status,
                                      std::move(extra_headers)),
              out);
}

/// §8.2.7: one response for each request received, without state. A forger gets no more bytes from
/// us than it sent.
void ProxyCore::answer_once(Time now, const SipFlow& from, std::size_t request_bytes,
                            std::optional<Send> answer, Outbox& out) {
  if (!answer) return;
  if (is_unproven(now, from) && !answers_.admit(now, *answer, request_bytes)) return;
  out.push_back(std::move(*answer));
}

void ProxyCore::forward_in_dialog(Time now, const View& request, const RouteSet& routes,
                                  ForwardContext context, Outbox& out) {
  const DialogTokens& dialog = *routes.dialog();
  if (dialog.sender.flow.remote.address == context.from.remote.address) {
    const bool proves = request.method() == Method::ack || request.method() == Method::bye;
    if (proves) note_proof(now, context.from);
    context.standing = std::max(context.standing, anchor::Standing::established);
  }
  // An INVITE in a dialog begun by SUBSCRIBE or REFER opens no media.
  if (request.method() == Method::invite && dialog.sender.session == kNoSession) {
    return refuse(now, request, context.from, 481, DropReason::sip_unmatched, out);
  }
  context.session = dialog.sender.session;
  context.sender = dialog.sender.faces;
  context.trust = dialog.sender.trust;
  forward(now, request, routes, std::move(context),
          dialog_targets(routes, routes_.hops(), settings_), out);
}

void ProxyCore::forward_by_table(Time now, const View& request, const RouteSet& routes,
                                 ForwardContext context, Outbox& out) {
  const SipFlow from = context.from;
  const auto uri = Uri::parse(routes.request_uri());
  const Route* route =
      uri ? routes_.find(forwarder_.interface_of(from), uri->location.host) : nullptr;
  if (route == nullptr) return refuse(now, request, from, 403, DropReason::sip_no_route, out);
  auto candidates = routes_.candidates(now, *route, context.branch.key);
  if (candidates.empty()) return refuse(now, request, from, 503, DropReason::sip_unreachable, out);
  if (is_secure(routes) && !keep_secure(candidates)) {
    return refuse(now, request, from, 480, DropReason::sip_no_route, out);
  }
  if (!leads_to_next_hop(routes, forwarder_.interface_of(candidates.front()))) {
    return refuse(now, request, from, 403, DropReason::sip_no_route, out);
  }
  if (request.method() == Method::register_ && route->path)
    context.recording = RouteRecording::path;
  context.trust = route->trust ? Trust::yes : Trust::no;
  forward_new(now, request, routes, std::move(context), std::move(candidates), *route, out);
}

/// RFC 3327 §5.4: to a client that registered through us, and nowhere beyond it. Its media is
/// treated as in its own calls.
void ProxyCore::forward_to_client(Time now, const View& request, const RouteSet& routes,
                                  ForwardContext context, Outbox& out) {
  const SipFlow from = context.from;
  const PathToken& path = *routes.path();
  if (routes.next_uri() != routes.request_uri()) {
    return refuse(now, request, from, 403, DropReason::sip_no_route, out);
  }
  const Route* route = routes_.registering(forwarder_.interface_of(path.client));
  if (route == nullptr) return refuse(now, request, from, 403, DropReason::sip_no_route, out);
  std::vector<SipFlow> candidates{path.client};
  if (is_secure(routes) && !keep_secure(candidates)) {
    return refuse(now, request, from, 480, DropReason::sip_no_route, out);
  }
  context.trust = path.trust;
  forward_new(now, request, routes, std::move(context), std::move(candidates), *route, out);
}

/// A request outside a dialog, which may begin one.
void ProxyCore::forward_new(Time now, const View& request, const RouteSet& routes,
                            ForwardContext context, std::vector<SipFlow> candidates,
                            const Route& route, Outbox& out) {
  const SipFlow from = context.from;
  if (creates_dialog(request.method())) context.recording = RouteRecording::record_route;
  context.downstream = candidates.front();
  if (request.method() == Method::invite) {
    const auto session = open_session(now, request, context, route);
    if (!session)
      return refuse(now, request, from, status_for(session.reason()), session.reason(), out);
    context.session = *session;
  }
  forward(now, request, routes, std::move(context), std::move(candidates), out);
}

/// A caller may name the next hop in its own Route, but no other host: the next hop would follow it
/// on our authority.
bool ProxyCore::leads_to_next_hop(const RouteSet& routes, std::string_view interface) const {
  if (routes.next_uri() == routes.request_uri()) return true;
  const auto next = Uri::parse(routes.next_uri());
  if (!next) return false;
  const auto address = next->location.address();
  const std::string host = address ? address->to_string() : std::string{next->location.host};
  return !routes_.hops().addresses_of(interface, host).empty();
}

Verdict<anchor::SessionId> ProxyCore::open_session(Time now, const View& invite,
                                                   const ForwardContext& context,
                                                   const Route& route) {
  anchor::SessionSpec spec;
  spec.call_id = std::string{invite.call_id()};
  spec.from_tag = std::string{invite.from_tag()};
  spec.branch = context.branch.key;
  spec.caller_interface = forwarder_.interface_of(context.from);
  spec.callee_interface = forwarder_.interface_of(context.downstream);
  spec.caller_family = context.from.remote.address.family();
  spec.callee_family = context.downstream.remote.address.family();
  spec.latching = route.latching;
  spec.candidates = route.candidates;
  spec.streams = route.streams;
  spec.source = source_of(now, context.from);
  return forwarder_.media().open(now, spec);
}

void ProxyCore::forward(Time now, const View& request, const RouteSet& routes,
                        ForwardContext context, std::vector<SipFlow> candidates, Outbox& out) {
  const SipFlow from = context.from;
  const anchor::SessionId session = context.session;
  if (request.method() == Method::invite) {
    const auto begun =
        invites_.begin(now, request, routes, std::move(context), std::move(candidates), out);
    if (begun) return;
    if (routes.dialog()) {
      forwarder_.media().notify_local_final(now, request, {session, routes.dialog()->sender.faces},
                                            status_for(begun.reason()));
    } else {
      forwarder_.media().abandon(now, session);
    }
    return refuse(now, request, from, status_for(begun.reason()), begun.reason(), out);
  }
  context.downstream = candidates.front();
  auto send = forwarder_.request(now, request, routes, context);
  if (!send) return refuse(now, request, from, status_for(send.reason()), send.reason(), out);
  // A client on a stream sends once and relies on it; where the next hop is reached by UDP, we must
  // retransmit (timer E). A client on UDP retransmits itself, through us.
  if (from.transport != Transport::udp && request.method() != Method::ack) {
    retransmitter_.start(now, request_timer(context.branch, request.method_name()), *send,
                         Retransmitter::Pace::capped);
  }
  out.push_back(std::move(*send));
}

/// §16.7. Our Via alone routes responses.
void ProxyCore::on_response(Time now, const SipFlow& from, const View& response, Outbox& out) {
  if (health_.on_response(response) || invites_.on_bye_response(response)) return;
  const auto token = claim_of(response, from.listener);
  const auto branch = Branch::parse(response.via().branch());
  if (!token || !branch || response.vias().size() < 2) {
    return counters_.drops.count(DropReason::sip_unmatched);
  }
  const bool of_invite = response.method() == Method::invite || response.method() == Method::cancel;
  if (of_invite && invites_.on_response(now, response, *branch, *token, from, out)) return;
  if (response.status() >= 200) {
    retransmitter_.stop(request_timer(*branch, response.method_name()));
  }
  if (response.status() == 100) return;  // hop by hop
  out.push_back(forwarder_.response(now, response, *token, from.remote.address));
}

/// Our token in the top Via, if it is genuine and the message left by the interface of `sent_by`.
std::optional<ViaToken> ProxyCore::claim_of(const View& message, ListenerIndex sent_by) const {
  const Via& via = message.via();
  const auto sealed = via.parameters.value(kTokenParameter);
  if (!sealed) return std::nullopt;
  const auto token = forwarder_.tokens().verify_via(*sealed, via.branch(), message.call_id());
  const std::size_t listeners = settings_.listeners.size();
  if (!token || static_cast<std::size_t>(token->downstream) >= listeners ||
      static_cast<std::size_t>(token->upstream.listener) >= listeners ||
      settings_.at(token->downstream).interface != settings_.at(sent_by).interface) {
    return std::nullopt;
  }
  return token;
}

void ProxyCore::on_undeliverable(Time now, const Send& message, Outbox& out) {
  const auto view = View::parse(message.bytes, Framing::datagram);
  if (!view || !view->is_request() || view->method() == Method::ack) {
    return counters_.drops.count(DropReason::sip_unreachable);
  }
  if (health_.on_undeliverable(*view)) return;
  const auto token = claim_of(*view, message.to.listener);
  const auto branch = Branch::parse(view->via().branch());
  if (!token || !branch) return counters_.drops.count(DropReason::sip_unreachable);
  if (view->method() == Method::invite) return invites_.on_undeliverable(now, *branch, out);
  counters_.drops.count(DropReason::sip_unreachable);
  retransmitter_.stop(request_timer(*branch, view->method_name()));
  routes_.hops().penalise(now, message.to);
  forwarder_.media().notify_local_final(now, *view, {token->session, token->sender}, 503);
  auto answer = forwarder_.own_response_to_forwarded(*view, token->upstream, 503);
  if (answer) out.push_back(std::move(*answer));
}

void ProxyCore::on_timer(Time now, Outbox& out) {
  retransmitter_.on_timer(now, out);
  invites_.on_timer(now, out);
  health_.on_timer(now, out);
}

Time ProxyCore::next_deadline() const {
  return std::min(
      {retransmitter_.next_deadline(), invites_.next_deadline(), health_.next_deadline()});
}

}  // namespace avedge::sip
