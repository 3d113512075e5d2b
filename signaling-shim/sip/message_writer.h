// The messages the edge sends: received messages with edits, and the few it creates.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signaling-shim/sip/branch.h"
#include "signaling-shim/sip/route_set.h"
#include "signaling-shim/sip/settings.h"
#include "signaling-shim/sip/signed_tokens.h"
#include "signaling-shim/sip/view.h"

namespace avedge::sip {

/// The replacement of a body: nothing = unchanged, empty = no body and no Content-Type.
using BodyChange = std::optional<std::string>;

/// The header that brings later requests back: Record-Route in a dialog, Path (RFC 3327) in a
/// registration.
enum class RouteRecording : std::uint8_t { none, record_route, path };

/// How the edge forwards one request.
struct ForwardContext {
  /// The sender, as received.
  SipFlow from;
  /// Where its responses go (§18.2.2, RFC 3581).
  SipFlow upstream;
  SipFlow downstream;
  Branch branch;
  anchor::SessionId session = kNoSession;
  Side sender = Side::caller;
  /// Of `from`.
  anchor::Standing standing = anchor::Standing::trusted;
  RouteRecording recording = RouteRecording::none;
  Trust trust = Trust::no;
  /// The source charged for the request's bytes in flight; nothing: not charged.
  std::optional<IpAddress> charged;
};

/// RFC 3261 §16.6 steps 2–8 and 10. `routes` is the RouteSet read from `request`.
std::string write_forwarded_request(const View& request, const RouteSet& routes,
                                    const ForwardContext& context, const BodyChange& body,
                                    const Settings& settings, const SignedTokens& tokens);

/// §16.7 steps 3 and 9: without our Via. `to` decides whether it is sent over a stream.
std::string write_forwarded_response(const View& response, const BodyChange& body, Transport to,
                                     Trust trust);

/// §18.2.1 and RFC 3581 §4: a Via value completed by the server with the observed source.
std::string completed_via(const Via& via, const Endpoint& source);

/// One of our own responses (§8.2.6).
struct OwnResponse {
  int status = 500;
  /// Added to a To without a tag.
  std::string to_tag;
  /// Whole lines with their CRLF.
  std::string extra_headers;
};

/// Where the Vias of a message to answer begin, and how the first is completed.
struct ResponsePath {
  /// The source of the request: completes its first Via.
  std::optional<Endpoint> source;
  /// Omits our own Via of a request that we could not deliver.
  std::size_t skip_vias = 0;
};

/// Nothing if From, To, Call-ID, CSeq or Via is missing or ambiguous: such a request cannot be
/// answered.
std::optional<std::string> write_own_response(const HeaderIndex& request,
                                              const OwnResponse& response,
                                              const ResponsePath& path);

/// The headers of a request needed to write its ACK, its CANCEL and our responses.
std::string write_transaction_headers(const View& request);
/// The ACK to a failure (§17.1.1.3), for an INVITE as we forwarded it.
std::string write_ack(const View& invite, const View& failure);
/// A CANCEL (§9.1) for an INVITE as we forwarded it. Copies the end-to-end headers of the received
/// CANCEL, if any: above all its Reason (RFC 3326).
std::string write_cancel(const View& invite, const View* received);

/// The Via value of a request created by the edge.
std::string own_via(const SipFlow& to, std::string_view branch, const Settings& settings);

/// An OPTIONS query from the edge to a next hop.
struct OwnOptions {
  SipFlow to;
  std::string branch;
  /// Unique: Call-ID and tag.
  std::string name;
  /// For the Request-URI, without brackets.
  std::string host;
};
std::string write_options(const OwnOptions& question, const Settings& settings);

std::string_view reason_phrase(int status);

}  // namespace avedge::sip
