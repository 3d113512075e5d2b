// Who gets in, and how: real handshakes against a client that would also do worse.
#include "relay/secure/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handshake.h"

namespace avedge::secure {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TlsContext context(TlsContext::Kind kind = TlsContext::Kind::tls) {
  return *TlsContext::from_pem(certificate_for_tests(), kind);
}

std::string offer(std::initializer_list<std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) {
    list += static_cast<char>(name.size());
    list += name;
  }
  return list;
}

void set_alpn(SSL* client, const std::string& list) {
  SSL_set_alpn_protos(client, reinterpret_cast<const unsigned char*>(list.data()),
                      static_cast<unsigned>(list.size()));
}

std::string chosen_by(SSL* client) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

TEST(TlsContext, SpeaksTls13WithX25519) {
  Handshake handshake{context(), TLS_client_method()};
  ASSERT_TRUE(handshake.run()) << handshake.client_error();
  EXPECT_STREQ(SSL_get_version(handshake.client()), "TLSv1.3");
  EXPECT_EQ(SSL_get_negotiated_group(handshake.client()), NID_X25519);
}

TEST(TlsContext, SpeaksTls12WithForwardSecrecyOnly) {
  struct Case {
    const char* ciphers;
    bool accepted;
  };
  for (const Case& c :
       {Case{"ECDHE-ECDSA-AES128-GCM-SHA256", true}, Case{"ECDHE-ECDSA-CHACHA20-POLY1305", true},
        Case{"ECDHE-ECDSA-AES128-SHA256", false},  // CBC
        Case{"ECDHE-ECDSA-AES128-SHA", false}, Case{"AES128-GCM-SHA256", false},
        Case{"ECDHE-ECDSA-NULL-SHA", false}, Case{"AECDH-AES128-SHA", false}}) {
    Handshake handshake{context(), TLS_client_method()};
    SSL_set_max_proto_version(handshake.client(), TLS1_2_VERSION);
    ASSERT_EQ(SSL_set_cipher_list(handshake.client(), c.ciphers), 1) << c.ciphers;
    EXPECT_EQ(handshake.run(), c.accepted) << c.ciphers;
  }
}

TEST(TlsContext, RefusesTls11) {
  Handshake handshake{context(), TLS_client_method()};
  SSL_set_max_proto_version(handshake.client(), TLS1_1_VERSION);
  EXPECT_FALSE(handshake.run());
  EXPECT_THAT(handshake.client_error(), HasSubstr("protocol version"));
}

TEST(TlsContext, RefusesToRenegotiate) {
  Handshake handshake{context(), TLS_client_method()};
  SSL_set_max_proto_version(handshake.client(), TLS1_2_VERSION);
  ASSERT_TRUE(handshake.run());
  SSL_renegotiate(handshake.client());
  (void)SSL_do_handshake(handshake.client());
  char byte = 0;
  (void)SSL_read(handshake.server(), &byte, 1);
  EXPECT_LE(SSL_do_handshake(handshake.client()), 0);
  EXPECT_EQ(openssl_reason(), "no renegotiation");
}

TEST(TlsContext, ResumesByTicketWithoutKeepingAnything) {
  const TlsContext server = context();
  Handshake first{server, TLS_client_method()};
  ASSERT_TRUE(first.run());
  char byte = 0;
  (void)SSL_read(first.client(), &byte, 1);  // the tickets of TLS 1.3 come behind the handshake
  using Ticket = std::unique_ptr<SSL_SESSION, FreeWith<&SSL_SESSION_free>>;
  const Ticket ticket{SSL_get1_session(first.client())};

  Handshake second{server, TLS_client_method()};
  SSL_set_session(second.client(), ticket.get());
  ASSERT_TRUE(second.run());
  EXPECT_EQ(SSL_session_reused(second.server()), 1);
}

TEST(TlsContext, ShowsTheWholeChain) {
  PemPair pair = certificate_for_tests();
  pair.chain += certificate_for_tests().chain;
  Handshake handshake{*TlsContext::from_pem(pair, TlsContext::Kind::tls), TLS_client_method()};
  ASSERT_TRUE(handshake.run());
  EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(handshake.client())), 2);
}

TEST(DtlsContext, Speaks12) {
  Handshake handshake{context(TlsContext::Kind::dtls), DTLS_client_method()};
  for (SSL* session : {handshake.client(), handshake.server()}) {
    SSL_set_options(session, SSL_OP_NO_QUERY_MTU);  // memory does not say how long a datagram is
    SSL_set_mtu(session, 1200);
  }
  ASSERT_TRUE(handshake.run()) << handshake.client_error();
  EXPECT_STREQ(SSL_get_version(handshake.client()), "DTLSv1.2");
}

TEST(DtlsContext, Refuses10) {
  Handshake handshake{context(TlsContext::Kind::dtls), DTLS_client_method()};
  for (SSL* session : {handshake.client(), handshake.server()}) {
    SSL_set_options(session, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(session, 1200);
  }
  SSL_set_max_proto_version(handshake.client(), DTLS1_VERSION);
  EXPECT_FALSE(handshake.run());
}

TEST(Alpn, Rfc7443_TurnBeforeNatDiscovery) {
  struct Case {
    std::string offered;
    std::string chosen;
  };
  for (const Case& c :
       {Case{offer({"stun.turn"}), "stun.turn"},
        Case{offer({"stun.nat-discovery"}), "stun.nat-discovery"},
        Case{offer({"stun.nat-discovery", "h2", "stun.turn"}), "stun.turn"}, Case{"", ""}}) {
    Handshake handshake{context(), TLS_client_method()};
    set_alpn(handshake.client(), c.offered);
    ASSERT_TRUE(handshake.run()) << c.chosen;
    EXPECT_EQ(chosen_by(handshake.client()), c.chosen);
  }
}

TEST(Alpn, Rfc7301_32_NoCommonProtocolIsFatal) {
  Handshake handshake{context(), TLS_client_method()};
  set_alpn(handshake.client(), offer({"h2", "http/1.1"}));
  EXPECT_FALSE(handshake.run());
  EXPECT_THAT(handshake.client_error(), HasSubstr("no application protocol"));
}

TEST(TlsContext, SaysWhatIsWrongWithACertificate) {
  const PemPair good = certificate_for_tests();
  struct Case {
    PemPair pair;
    const char* problem;
  };
  const auto broken = [](std::string text) {
    text.replace(text.find('\n') + 1, 8, "AAAAAAAA");
    return text;
  };
  for (const Case& c : {
           Case{{"", good.key}, "the chain: holds no certificate"},
           Case{{"edge.crt", good.key}, "the chain: holds no certificate"},
           Case{{broken(good.chain), good.key},
                "the chain: holds a certificate that cannot be decoded ("},
           Case{{good.chain + broken(good.chain), good.key},
                "the chain: holds a certificate that cannot be decoded ("},
           Case{{good.chain, ""}, "the key: holds no private key"},
           Case{{good.chain, good.chain}, "the key: holds no private key"},
           Case{{good.chain, broken(good.key)},
                "the key: holds a private key that cannot be decoded ("},
           Case{{good.chain, certificate_for_tests().key},
                "the key does not belong to the first certificate of the chain"},
       }) {
    const auto made = TlsContext::from_pem(c.pair, TlsContext::Kind::tls);
    ASSERT_FALSE(made) << c.problem;
    EXPECT_THAT(made.reason().message(), StartsWith(c.problem));
  }
}

TEST(TlsContext, WarnsOfCertificatesOutOfTheirTime) {
  const SelfSignedSubject subject{"edge.example", {}, {}};
  const auto expired = make_self_signed(subject, std::chrono::seconds{-60});
  EXPECT_THAT(TlsContext::from_pem(*expired, TlsContext::Kind::tls)->warning(),
              StartsWith("the certificate expired on 20"));
  EXPECT_EQ(context().warning(), "");
}

}  // namespace
}  // namespace avedge::secure
