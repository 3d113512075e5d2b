// Where a SIP message says what nobody may read in a trace, found by looking at spans and lines.
// A masked message has every '*' where a byte was: lengths, and so Content-Length, stay true.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace avedge::trace {

struct Span {
  std::size_t at = 0;
  std::size_t size = 0;
};

/// In order, not overlapping, none of them empty:
/// - in Authorization, Proxy-Authorization and the two Authentication-Info fields everything but
/// the
///   parameters that are known to be harmless (realm, username, …);
/// - the password in a SIP URI of the head (RFC 3261 §19.1.1);
/// - SRTP keys (`inline:`, RFC 4568 §6.1), `k=` of SDP, passwords of ICE in both its dialects, the
///   password in the XML that hands out media relay credentials;
/// - what people tell each other: the body of a MESSAGE, and the first one inside an INVITE
/// (ms-body).
[[nodiscard]] std::vector<Span> find_secrets(std::string_view message);

/// Puts a '*' for every byte of every secret.
void mask_secrets(std::string& message);

}  // namespace avedge::trace
