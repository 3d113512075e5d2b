#include "bench/samples/lync_invite.h"

#include "tests/signaling-shim/sdp/fixtures.h"

namespace avedge::bench {
namespace {

using sdp::fixtures::crlf;

constexpr std::string_view kBoundary = "=_NextPart_000_0171_01D0107A.BB7313C0";

/// RFC 2046 §5.1: the plainest alternative comes first.
std::string two_descriptions() {
  std::string body;
  const auto add = [&body](std::string_view disposition, std::string_view description) {
    body.append("--").append(kBoundary).append("\r\nContent-Type: application/sdp\r\n");
    body.append("Content-Transfer-Encoding: 7bit\r\nContent-Disposition: ").append(disposition);
    body.append("\r\n\r\n").append(crlf(description)).append("\r\n");
  };
  add("session; handling=optional; ms-proxy-2007fallback", sdp::fixtures::kIce06Offer);
  add("session; handling=optional", sdp::fixtures::kFederationOffer);
  return body.append("--").append(kBoundary).append("--\r\n");
}

constexpr std::string_view kHeaders = R"(Max-Forwards: 68
From: "Alice" <sip:alice@outside.example>;tag=4a1f@;epid=0f72c2e8a1
To: <sip:bob@inside.example>
Call-ID: 7d3e5c0b9a@
CSeq: 1 INVITE
Contact: <sip:alice@outside.example;opaque=user:epid:Yx3jF0;gruu>
User-Agent: UCCAPI/16.0.4266.1003 OC/16.0.4266.1003
Ms-Conversation-ID: AdAQefCqh0aPZ1pXQ4uzQ0b4o7y1Jg==
Supported: ms-dialog-route-set-update, timer, histinfo, ms-safe-transfer, ms-sender, 100rel, replaces
Supported: ms-early-media, ms-conf-invite
ms-keep-alive: UAC;hop-hop=yes
Allow: INVITE, BYE, ACK, CANCEL, INFO, MESSAGE, UPDATE, REFER, BENOTIFY, PRACK
ms-subnet: 192.0.2.0
Accept-Language: en-US
P-Preferred-Identity: <sip:alice@outside.example>
)";

/// kHeaders, with the call's number where an @ stands alone at the end of an identifier.
std::string headers_of(std::string_view number) {
  std::string headers = crlf(kHeaders);
  for (const std::string_view identifier : {"tag=4a1f", "Call-ID: 7d3e5c0b9a"}) {
    headers.replace(headers.find(identifier) + identifier.size(), 1, number);
  }
  return headers;
}

}  // namespace

std::string lync_invite(unsigned number) {
  const std::string name = std::to_string(1'000'000 + number);
  const std::string body = two_descriptions();
  return "INVITE sip:bob@inside.example SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 198.51.100.9:5062;branch=z9hG4bK" +
         name + ";rport\r\n" + headers_of(name) +
         "Content-Type: multipart/alternative;boundary=\"" + std::string{kBoundary} +
         "\"\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string skype_offer() {
  return crlf(sdp::fixtures::kFederationOffer);
}

}  // namespace avedge::bench
