#include "signaling-shim/sip/anchor_adapter.h"

#include <algorithm>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

/// Methods that carry offers and answers (RFC 3261 §13, RFC 3262 §5, RFC 3311), and methods that
/// end the session.
bool concerns_media(Method method) {
  switch (method) {
    case Method::invite:
    case Method::ack:
    case Method::prack:
    case Method::update:
    case Method::bye:
    case Method::cancel: return true;
    default: return false;
  }
}

/// Any other method may still describe a session (OPTIONS' 200 does): its addresses must not pass.
bool may_show_sdp(const View& message) {
  return concerns_media(message.method()) || !message.body().empty();
}

bool is_encoded(const View& message) {
  const HeaderLine* encoding = message.header_index().find(HeaderId::content_encoding);
  return !message.body().empty() && encoding != nullptr &&
         !equals_ignoring_case(encoding->value, "identity");
}

/// An unreadable body cannot be anchored; but a compressed instant message is not an offer.
bool hides_sdp(const View& message) {
  return is_encoded(message) && (concerns_media(message.method()) ||
                                 equals_ignoring_case(message.content_type(), "application/sdp"));
}

/// RFC 4028 §4 and §5: nothing if it cannot be read; never below 90 seconds.
std::optional<std::chrono::seconds> session_expires(const View& message) {
  constexpr std::uint32_t kMost = 7 * 24 * 3600;
  const HeaderLine* header = message.header_index().find(HeaderId::session_expires);
  if (header == nullptr) return std::nullopt;
  const auto number = parse_number(trim(header->value.substr(0, header->value.find(';'))), kMost);
  if (!number) return std::nullopt;
  return std::chrono::seconds{std::max<std::uint32_t>(*number, 90)};
}

anchor::DialogMessage describe(const View& message, const MediaRole& role, Side sender,
                               int status) {
  anchor::DialogMessage described;
  described.sender = sender;
  described.method = message.method_name();
  described.status = status;
  described.cseq = message.cseq();
  described.callee_tag =
      role.request_sender == Side::caller ? message.to_tag() : message.from_tag();
  return described;
}

}  // namespace

Verdict<BodyChange> AnchorAdapter::pass(Time now, const View& message, const MediaRole& role,
                                        const IpAddress& source) {
  const bool has_session = role.session != kNoSession;
  if (has_session ? !may_show_sdp(message) : message.body().empty()) return BodyChange{};
  if (hides_sdp(message)) {
    // What it says about the call itself still counts.
    if (message.status() >= 200) notify_local_final(now, message, role, message.status());
    return DropReason::sdp_unsupported;
  }
  const Side sender = message.is_request() ? role.request_sender : other(role.request_sender);
  anchor::DialogMessage described = describe(message, role, sender, message.status());
  described.reliable = message.status() / 100 == 1 && message.requires_100rel();
  described.session_expires = session_expires(message);
  described.content_type = message.content_type();
  described.body = message.body();
  described.source = source;
  auto rewrite = anchor_.on_message(now, role.session, described);
  if (!rewrite) return rewrite.reason();
  return BodyChange{std::move(rewrite->body)};
}

void AnchorAdapter::notify_local_final(Time now, const View& request, const MediaRole& role,
                                       int status) {
  if (role.session == kNoSession || !concerns_media(request.method())) return;
  // Without a body there is nothing to rewrite and nothing that could fail.
  (void)anchor_.on_message(now, role.session,
                           describe(request, role, other(role.request_sender), status));
}

int status_for(DropReason reason) {
  switch (reason) {
    case DropReason::sdp_malformed: return 400;
    case DropReason::sip_unmatched: return 481;
    case DropReason::sip_too_large: return 513;
    case DropReason::media_target_refused:
    case DropReason::sdp_unsupported:
    case DropReason::family_unsupported: return 488;
    case DropReason::ports_exhausted:
    case DropReason::port_share:
    case DropReason::descriptors_exhausted:
    case DropReason::source_limit:
    case DropReason::unanswered_limit:
    case DropReason::table_full: return 503;
    default: return 500;
  }
}

}  // namespace avedge::sip
