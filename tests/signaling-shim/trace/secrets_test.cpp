#include "signaling-shim/trace/secrets.h"

#include <gtest/gtest.h>

#include "signaling-shim/trace/message_parts.h"

namespace avedge::trace {
namespace {

std::string masked(std::string message) {
  mask_secrets(message);
  return message;
}

std::string stars(std::size_t count) {
  return std::string(count, '*');
}

/// `field` stands in a request's head; what becomes of it.
std::string masked_field(const std::string& field) {
  const std::string start = "INVITE sip:bob@b.example SIP/2.0\r\n";
  return masked(start + field + "\r\n\r\n").substr(start.size(), field.size());
}

/// `line` stands in a body; what becomes of it.
std::string masked_line(const std::string& line) {
  const std::string head = "SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n";
  return masked(head + "v=0\r\n" + line + "\r\n").substr(head.size() + 5, line.size());
}

struct Case {
  const char* name;
  std::string before;
  std::string after;
};

class SecretFields : public ::testing::TestWithParam<Case> {};

TEST_P(SecretFields, AreMasked) {
  EXPECT_EQ(masked_field(GetParam().before), GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(
    Credentials, SecretFields,
    ::testing::Values(
        Case{"Digest",
             "Authorization: Digest username=\"alice\", realm=\"a.example\", nonce=\"n1\", "
             "uri=\"sip:a.example\", response=\"6629fae4\"",
             "Authorization: Digest username=\"alice\", realm=\"a.example\", nonce=\"**\", "
             "uri=\"sip:a.example\", response=\"********\""},
        Case{"TlsDskWithoutACommaBetween",
             "Proxy-Authorization: TLS-DSK qop=\"auth\", gssapi-data=\"FgMB\" opaque=\"69\", "
             "crand=\"9dcc\", cnum=\"1\", response=\"9c55\", version=4",
             "Proxy-Authorization: TLS-DSK qop=\"auth\", gssapi-data=\"****\" opaque=\"69\", "
             "crand=\"****\", cnum=\"1\", response=\"****\", version=4"},
        Case{"Basic",
             "Authorization: Basic QWxhZGRpbjpvcGVu==", "Authorization: Basic " + stars(18)},
        Case{"Bearer", "authorization :  Bearer  abc.def, x=\"y\"",
             "authorization :  Bearer  " + stars(14)},
        Case{"UnknownScheme", "Proxy-Authorization: Own realm=\"r\" secret",
             "Proxy-Authorization: Own " + stars(16)},
        Case{"Folded", "Authorization: Digest\r\n response=\"abc\",\r\n\trealm=\"r\"",
             "Authorization: Digest\r\n response=\"***\",\r\n\trealm=\"r\""},
        Case{"EscapedQuote", R"(Authorization: Digest response="a\"b", qop=auth)",
             R"(Authorization: Digest response="****", qop=auth)"},
        Case{"UnfinishedQuote", "Authorization: Digest response=\"abc",
             "Authorization: Digest response=\"***"},
        Case{"WordWithoutValue", "Authorization: Digest hidden, realm=\"r\"",
             "Authorization: Digest ******, realm=\"r\""},
        Case{"ServersProof", "Authentication-Info: rspauth=\"1ae9\", qop=auth",
             "Authentication-Info: rspauth=\"****\", qop=auth"},
        Case{"ServersProofWithScheme",
             "Proxy-Authentication-Info: NTLM rspauth=\"0100\", snum=\"12\"",
             "Proxy-Authentication-Info: NTLM rspauth=\"****\", snum=\"12\""},
        Case{"ChallengeIsNoSecret", "WWW-Authenticate: Digest nonce=\"n1\"",
             "WWW-Authenticate: Digest nonce=\"n1\""},
        Case{"PasswordInAUri", "Contact: \"A\" <sip:alice:secret@host:5060;transport=tcp>",
             "Contact: \"A\" <sip:alice:******@host:5060;transport=tcp>"},
        Case{"PasswordInASecureUri", "Refer-To: SIPS:alice:secret@host",
             "Refer-To: SIPS:alice:******@host"},
        Case{"PortIsNoPassword", "Route: <sip:10.0.0.1:5060;lr>,<sip:alice@host>",
             "Route: <sip:10.0.0.1:5060;lr>,<sip:alice@host>"},
        Case{"FirstInstantMessage", "Ms-IM-Format: text/html; ms-body=PERJVg==; x=1",
             "Ms-IM-Format: text/html; ms-body=********; x=1"}),
    [](const auto& one) { return one.param.name; });

class SecretLines : public ::testing::TestWithParam<Case> {};

TEST_P(SecretLines, AreMasked) {
  EXPECT_EQ(masked_line(GetParam().before), GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, SecretLines,
    ::testing::Values(
        Case{"SdesKey", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:eanuVGjZ+w==|2^31|1:1",
             "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:************|2^31|1:1"},
        Case{"SeveralSdesKeys",
             "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abcd|1:4;inline:efgh|2:4",
             "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:****|1:4;inline:****|2:4"},
        Case{"ScaledSdesKey", "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:qk2Fe5",
             "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:******"},
        Case{"KeyOfOldSdp", "k=base64:c2VjcmV0", "k=base64:********"},
        Case{"PromptIsNoKey", "k=prompt", "k=prompt"},
        Case{"IcePassword", "a=ice-pwd:8X3nfjTthYjuA8vh", "a=ice-pwd:" + stars(16)},
        Case{"IceUserIsNoSecret", "a=ice-ufrag:ccwh", "a=ice-ufrag:ccwh"},
        Case{"IcePasswordOfDraft6", "a=candidate:Q4qp 1 75hn UDP 0.830 192.168.0.16 21722",
             "a=candidate:Q4qp 1 **** UDP 0.830 192.168.0.16 21722"},
        Case{"CandidateOfRfc8839", "a=candidate:1 1 UDP 2130706431 192.168.0.16 10668 typ host",
             "a=candidate:1 1 UDP 2130706431 192.168.0.16 10668 typ host"},
        Case{"CandidateTcpPass", "a=candidate:4 1 TCP-PASS 174455295 192.0.2.1 54427 typ relay",
             "a=candidate:4 1 TCP-PASS 174455295 192.0.2.1 54427 typ relay"},
        Case{"ShortCandidate", "a=candidate:1 1", "a=candidate:1 1"},
        Case{"RelayCredentials", "<username>u</username><password>pw</password>",
             "<username>u</username><password>**</password>"}),
    [](const auto& one) { return one.param.name; });

TEST(Secrets, WhatPeopleWriteIsMaskedWhole) {
  const std::string head = "MESSAGE sip:bob@b.example SIP/2.0\r\nContent-Type: text/plain\r\n\r\n";
  EXPECT_EQ(masked(head + "see you\r\nat five"), head + stars(16));
}

TEST(Secrets, PasswordInTheRequestUriIsMasked) {
  EXPECT_EQ(masked("INVITE sip:a:pw@b.example SIP/2.0\r\n\r\n"),
            "INVITE sip:a:**@b.example SIP/2.0\r\n\r\n");
}

TEST(Secrets, SpansAreInOrderAndApart) {
  const std::string message =
      "INVITE sip:a:pw@b SIP/2.0\r\nAuthorization: Basic inline:x\r\n\r\n"
      "a=ice-pwd:inline:abc\r\n<password>k=x:inline:y\r\nk=x:inline:y\r\n";
  std::size_t end = 0;
  for (const Span& span : find_secrets(message)) {
    EXPECT_GE(span.at, end);
    EXPECT_GT(span.size, 0U);
    end = span.at + span.size;
    ASSERT_LE(end, message.size());
  }
  EXPECT_EQ(masked(message).find("abc"), std::string::npos);
}

TEST(Secrets, ManyMarksTakeNoQuadraticTime) {
  std::string message = "INVITE sip:a SIP/2.0\r\n\r\n";
  while (message.size() < 1'000'000) message += "inline:<password>";
  EXPECT_FALSE(find_secrets(message).empty());
}

}  // namespace
}  // namespace avedge::trace
