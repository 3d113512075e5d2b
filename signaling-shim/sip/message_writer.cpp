#include "signaling-shim/sip/message_writer.h"

#include <algorithm>
#include <array>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

/// §8.1.1.6.
constexpr std::uint32_t kDefaultMaxForwards = 70;
constexpr std::string_view kVersion = "SIP/2.0";

std::string_view via_name(Transport transport) {
  constexpr std::array<std::string_view, 4> kNames{"UDP", "TCP", "TLS", "DTLS"};
  return kNames[static_cast<std::size_t>(transport)];
}

std::string str(std::string_view text) {
  return std::string{text};
}

std::string line_of(std::string_view name, std::string_view value) {
  return str(name) + ": " + str(value) + "\r\n";
}

std::string our_via(const ForwardContext& context, std::string_view call_id,
                    const Settings& settings, const SignedTokens& tokens) {
  const SipFlow& out = context.downstream;
  const std::string branch = context.branch.to_string();
  std::string value = own_via(out, branch, settings);
  value += ';' + str(kTokenParameter) + '=' +
           tokens.sign(ViaToken{context.upstream, out.listener, context.session, context.sender,
                                context.trust},
                       branch, call_id);
  return line_of("Via", value);
}

std::string record_route(const SipFlow& flow, Side faces, const ForwardContext& context,
                         const View& request, const Settings& settings,
                         const SignedTokens& tokens) {
  const std::string_view call_id = request.call_id();
  // RFC 3261 §16.6 step 4: a secure target requires secure routes.
  const bool secure = equals_ignoring_case(request.request_uri().substr(0, 5), "sips:");
  return line_of(
      "Record-Route",
      (secure ? "<sips:" : "<sip:") + settings.at(flow.listener).shown() +
          ";transport=" + str(to_string(flow.transport)) + ";lr;" + str(kTokenParameter) + '=' +
          tokens.sign(RecordRouteToken{flow, context.session, faces, context.trust}, call_id) +
          '>');
}

/// Both our addresses: each side's route set begins with the one it can reach (RFC 5658 §5).
std::string record_routes(const ForwardContext& context, const View& request,
                          const Settings& settings, const SignedTokens& tokens) {
  return record_route(context.downstream, other(context.sender), context, request, settings,
                      tokens) +
         record_route(context.upstream, context.sender, context, request, settings, tokens);
}

/// RFC 3327 §5.2: an address the registrar can reach, then the client's flow.
std::string path(const ForwardContext& context, const Settings& settings,
                 const SignedTokens& tokens) {
  const SipFlow& facing = context.downstream;
  return line_of(
      "Path", "<sip:" + settings.at(facing.listener).shown() + ";transport=" +
                  str(to_string(facing.transport)) + ";lr;" + str(kTokenParameter) + '=' +
                  tokens.sign(PathToken{context.upstream, facing.listener, context.trust}) + '>');
}

/// §16.6 step 3. The value has been checked not to be 0.
std::string count_hop(const View& request, text::EditList& edits) {
  if (!request.max_forwards()) return line_of("Max-Forwards", std::to_string(kDefaultMaxForwards));
  edits.replace(request.header_index().find(HeaderId::max_forwards)->value,
                std::to_string(*request.max_forwards() - 1));
  return {};
}

/// A stream requires Content-Length, a datagram may have arrived without it.
void apply_body(const View& message, const BodyChange& body, Transport to, text::EditList& edits) {
  const std::size_t size = body ? body->size() : message.body().size();
  if (body && message.body().empty()) edits.insert_after(message.header_index().head(), *body);
  if (body) edits.replace(message.body(), *body);
  if (const HeaderLine* length = message.content_length()) {
    if (body) edits.replace(length->value, std::to_string(size));
  } else if (body || to != Transport::udp) {
    edits.insert_after(message.header_index().headers().back().line,
                       line_of("Content-Length", std::to_string(size)));
  }
  const HeaderLine* type = message.header_index().find(HeaderId::content_type);
  if (body && body->empty() && type != nullptr) edits.erase(type->line);
}

/// RFC 3325 §5: identity headers are valid only within a trust domain.
void strip_assertions(const View& message, Trust trust, text::EditList& edits) {
  if (trust == Trust::yes) return;
  for (const HeaderLine& header : message.header_index().headers()) {
    if (header.id == HeaderId::assertion) edits.erase(header.line);
  }
}

/// The only header of that name, or nullptr if there are none or several.
const HeaderLine* only(const HeaderIndex& header_index, HeaderId id) {
  const HeaderLine* found = nullptr;
  for (const HeaderLine& header : header_index.headers()) {
    if (header.id != id) continue;
    if (found != nullptr) return nullptr;
    found = &header;
  }
  return found;
}

std::string tagged(std::string_view to, std::string_view tag) {
  const auto address = NameAddr::parse(to);
  if (tag.empty() || !address || address->parameters.has("tag")) return str(to);
  return str(to) + ";tag=" + str(tag);
}

std::string via_lines(const std::vector<ListItem>& vias, const Via& top, const ResponsePath& path) {
  std::string lines;
  for (std::size_t i = path.skip_vias; i < vias.size(); ++i) {
    const bool complete = i == path.skip_vias && path.source.has_value();
    lines += line_of("Via", complete ? completed_via(top, *path.source) : str(vias[i].value));
  }
  return lines;
}

/// A request for the next hop of a forwarded INVITE: same branch, same route.
std::string hop_request(const View& invite, std::string_view method, std::string_view to,
                        std::string_view extra_headers) {
  const HeaderIndex& header_index = invite.header_index();
  std::string text = str(method) + ' ' + str(invite.request_uri()) + ' ' + str(kVersion) + "\r\n";
  text += line_of("Via", invite.via().value) +
          line_of("Max-Forwards", std::to_string(kDefaultMaxForwards));
  for (const HeaderLine& header : header_index.headers()) {
    if (header.id == HeaderId::route) text += header.line;
  }
  text += line_of("From", header_index.find(HeaderId::from)->value) + line_of("To", to) +
          line_of("Call-ID", invite.call_id()) +
          line_of("CSeq", std::to_string(invite.cseq()) + ' ' + str(method));
  return text + str(extra_headers) + "Content-Length: 0\r\n\r\n";
}

}  // namespace

std::string write_forwarded_request(const View& request, const RouteSet& routes,
                                    const ForwardContext& context, const BodyChange& body,
                                    const Settings& settings, const SignedTokens& tokens) {
  text::EditList edits{request.text()};
  routes.apply(edits);
  const Via& via = request.via();
  if (std::string completed = completed_via(via, context.from.remote); completed != via.value) {
    edits.replace(via.value, std::move(completed));
  }
  std::string head = our_via(context, request.call_id(), settings, tokens);
  switch (context.recording) {
    case RouteRecording::none: break;
    case RouteRecording::record_route:
      head += record_routes(context, request, settings, tokens);
      break;
    case RouteRecording::path: head += path(context, settings, tokens); break;
  }
  head += count_hop(request, edits);
  edits.insert_before(request.header_index().headers().front().line, std::move(head));
  strip_assertions(request, context.trust, edits);
  apply_body(request, body, context.downstream.transport, edits);
  return edits.emit();
}

std::string write_forwarded_response(const View& response, const BodyChange& body, Transport to,
                                     Trust trust) {
  text::EditList edits{response.text()};
  strip_assertions(response, trust, edits);
  erase_items(response.vias(), 0, 1, edits);
  apply_body(response, body, to, edits);
  return edits.emit();
}

std::string completed_via(const Via& via, const Endpoint& source) {
  text::EditList edits{via.value};
  const std::string address = source.address.to_string();
  const auto received = via.parameters.find("received");
  const auto rport = via.parameters.find("rport");
  const auto set = [&](const Parameters::Found& found, const std::string& value) {
    if (found.value == value) return;
    const bool bare = found.value.empty();
    edits.replace(bare ? found.name : found.value, bare ? str(found.name) + '=' + value : value);
  };
  if (rport) set(*rport, std::to_string(source.port.number()));
  // A `received` written by the sender would divert its responses.
  if (received) {
    set(*received, address);
  } else if (rport || via.sent_by.address() != source.address) {
    edits.insert_after(via.value, ";received=" + address);
  }
  return edits.emit();
}

std::optional<std::string> write_own_response(const HeaderIndex& request,
                                              const OwnResponse& response,
                                              const ResponsePath& path) {
  const HeaderLine* from = only(request, HeaderId::from);
  const HeaderLine* to = only(request, HeaderId::to);
  const HeaderLine* call_id = only(request, HeaderId::call_id);
  const HeaderLine* cseq = only(request, HeaderId::cseq);
  const auto vias = list_items(request, HeaderId::via);
  if (!from || !to || !call_id || !cseq || vias.size() <= path.skip_vias) return std::nullopt;
  const auto top = Via::parse(vias[path.skip_vias].value);
  if (!top) return std::nullopt;
  std::string text = str(kVersion) + ' ' + std::to_string(response.status) + ' ' +
                     str(reason_phrase(response.status)) + "\r\n";
  text += via_lines(vias, *top, path);
  text += line_of("From", from->value) + line_of("To", tagged(to->value, response.to_tag)) +
          line_of("Call-ID", call_id->value) + line_of("CSeq", cseq->value);
  const HeaderLine* timestamp = only(request, HeaderId::timestamp);
  if (response.status == 100 && timestamp != nullptr) text += timestamp->line;  // §8.2.6.1
  return text + response.extra_headers + "Content-Length: 0\r\n\r\n";
}

std::string write_transaction_headers(const View& request) {
  std::string text = str(request.header_index().start_line()) + "\r\n";
  for (const HeaderLine& header : request.header_index().headers()) {
    switch (header.id) {
      case HeaderId::via:
      case HeaderId::route:
      case HeaderId::from:
      case HeaderId::to:
      case HeaderId::call_id:
      case HeaderId::cseq:
      case HeaderId::timestamp: text += header.line; break;
      default: break;
    }
  }
  return text + "Content-Length: 0\r\n\r\n";
}

std::string write_ack(const View& invite, const View& failure) {
  return hop_request(invite, "ACK", failure.header_index().find(HeaderId::to)->value, {});
}

std::string write_cancel(const View& invite, const View* received) {
  std::string extra;
  if (received != nullptr) {
    for (const HeaderLine& header : received->header_index().headers()) {
      if (header.id == HeaderId::other) extra += header.line;
    }
  }
  return hop_request(invite, "CANCEL", invite.header_index().find(HeaderId::to)->value, extra);
}

std::string own_via(const SipFlow& to, std::string_view branch, const Settings& settings) {
  return str(kVersion) + '/' + str(via_name(to.transport)) + ' ' +
         settings.at(to.listener).shown() + ";branch=" + str(branch) +
         (to.transport == Transport::udp ? ";rport" : "");
}

std::string write_options(const OwnOptions& question, const Settings& settings) {
  const std::string ours = settings.at(question.to.listener).shown();
  const bool ipv6 = question.host.find(':') != std::string::npos;
  const std::string uri = "sip:" + (ipv6 ? '[' + question.host + ']' : question.host);
  std::string text = "OPTIONS " + uri + ' ' + str(kVersion) + "\r\n";
  text += line_of("Via", own_via(question.to, question.branch, settings));
  text += line_of("Max-Forwards", std::to_string(kDefaultMaxForwards)) +
          line_of("From", "<sip:" + ours + ">;tag=" + question.name) +
          line_of("To", '<' + uri + '>') + line_of("Call-ID", question.name) +
          line_of("CSeq", "1 OPTIONS");
  return text + "Content-Length: 0\r\n\r\n";
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Trying";
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 408: return "Request Timeout";
    case 420: return "Bad Extension";
    case 480: return "Temporarily Unavailable";
    case 481: return "Call/Transaction Does Not Exist";
    case 482: return "Loop Detected";
    case 483: return "Too Many Hops";
    case 487: return "Request Terminated";
    case 488: return "Not Acceptable Here";
    case 503: return "Service Unavailable";
    case 505: return "Version Not Supported";
    case 513: return "Message Too Large";
    default: return "Server Internal Error";
  }
}

}  // namespace avedge::sip
