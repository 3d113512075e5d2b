#include "signaling-shim/sip/message_forwarder.h"

namespace avedge::sip {
namespace {

constexpr std::string_view kTagPrefix = "avedge-";
constexpr std::size_t kTagBytes = 9;

}  // namespace

Verdict<Send> MessageForwarder::request(Time now, const View& request, const RouteSet& routes,
                                        const ForwardContext& context) {
  auto body =
      media_.pass(now, request, {context.session, context.sender}, context.from.remote.address);
  if (!body && request.method() != Method::ack) return body.reason();
  if (!body) counters_.drops.count(body.reason());
  return Send{context.downstream, write_forwarded_request(request, routes, context,
                                                          body ? *body : BodyChange{std::string{}},
                                                          settings_, tokens_)};
}

Send MessageForwarder::response(Time now, const View& response, const ViaToken& token,
                                const IpAddress& source) {
  auto anchored = anchored_response(now, response, token, source);
  return anchored ? *std::move(anchored) : response_without_body(response, token);
}

Verdict<Send> MessageForwarder::anchored_response(Time now, const View& response,
                                                  const ViaToken& token, const IpAddress& source) {
  auto body = media_.pass(now, response, {token.session, token.sender}, source);
  if (body) return passed_on(response, *body, token);
  counters_.drops.count(body.reason());
  return body.reason();
}

Send MessageForwarder::response_without_body(const View& response, const ViaToken& token) {
  return passed_on(response, BodyChange{std::string{}}, token);
}

Send MessageForwarder::passed_on(const View& response, const BodyChange& body,
                                 const ViaToken& token) {
  counters_.count_response(response.method(), response.status());
  return {token.upstream,
          write_forwarded_response(response, body, token.upstream.transport, token.trust)};
}

std::optional<Send> MessageForwarder::own_response(const HeaderIndex& request, Method method,
                                                   const SipFlow& from, int status,
                                                   std::string extra_headers) {
  const HeaderLine* call_id = request.find(HeaderId::call_id);
  const auto vias = list_items(request, HeaderId::via);
  const auto top = vias.empty() ? std::nullopt : Via::parse(vias.front().value);
  if (call_id == nullptr || !top) return std::nullopt;
  OwnResponse response{status, {}, std::move(extra_headers)};
  if (status > 100) response.to_tag = own_tag(call_id->value, from.remote.address);
  auto text = write_own_response(request, response, {from.remote, 0});
  if (!text) return std::nullopt;
  counters_.count_response(method, status);
  return Send{response_path(from, *top), std::move(*text)};
}

std::optional<Send> MessageForwarder::own_response_to_forwarded(const View& forwarded,
                                                                const SipFlow& upstream,
                                                                int status) {
  const std::string tag = own_tag(forwarded.call_id(), upstream.remote.address);
  auto text = write_own_response(forwarded.header_index(), {status, tag, {}}, {std::nullopt, 1});
  if (!text) return std::nullopt;
  counters_.count_response(forwarded.method(), status);
  return Send{upstream, std::move(*text)};
}

bool MessageForwarder::is_own_tag(std::string_view tag, std::string_view call_id,
                                  const IpAddress& address) const {
  return tag == own_tag(call_id, address);
}

/// Identifies the ACK to a response that we sent statelessly (§8.2.7).
std::string MessageForwarder::own_tag(std::string_view call_id, const IpAddress& address) const {
  return std::string{kTagPrefix} + signer_.hash({"tag", call_id, address.to_string()}, kTagBytes);
}

SipFlow response_path(const SipFlow& from, const Via& via) {
  SipFlow path = from;
  const bool symmetric = from.transport == Transport::udp && via.parameters.has("rport");
  const Port standard = from.transport == Transport::tls ? kSipsPort : kSipPort;
  if (!symmetric) path.remote.port = via.sent_by.port.value_or(standard);
  return path;
}

}  // namespace avedge::sip
