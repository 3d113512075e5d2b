// TLS and mutual TLS over loopback.
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <csignal>

#include "relay/secure/self_signed.h"
#include "signaling-shim/net/asio_sockets.h"
#include "signaling-shim/sip/signalling.h"
#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

namespace asio = boost::asio;
using testing::response;
using testing::view_of;
using namespace std::chrono_literals;

secure::PemPair certificate_of(const std::string& name) {
  return *secure::make_self_signed({name, {name}, {}});
}

/// A party that speaks TLS with a certificate of its own and looks at nobody's.
class TlsParty {
 public:
  TlsParty(asio::io_context& io, const secure::PemPair& own)
      : context_{asio::ssl::context::tls}, stream_{io, prepared(context_, own)} {}

  void connect(const Endpoint& to) {
    stream_.next_layer().connect(net::to_asio<asio::ip::tcp>(to));
    shake_hands(asio::ssl::stream_base::client);
  }
  void accept(asio::ip::tcp::acceptor& acceptor) {
    acceptor.async_accept(stream_.next_layer(), [this](auto failed) {
      if (!failed) shake_hands(asio::ssl::stream_base::server);
    });
  }
  void send(const std::string& text) {
    sent_ = text;
    asio::async_write(stream_, asio::buffer(sent_), [](auto, std::size_t) {});
  }

  std::string received;
  bool secured = false;
  bool closed = false;

 private:
  static asio::ssl::context& prepared(asio::ssl::context& context, const secure::PemPair& own) {
    context.use_certificate_chain(asio::buffer(own.chain));
    context.use_private_key(asio::buffer(own.key), asio::ssl::context::pem);
    return context;
  }
  void shake_hands(asio::ssl::stream_base::handshake_type side) {
    stream_.async_handshake(side, [this](auto failed) {
      secured = !failed;
      closed = static_cast<bool>(failed);
      if (!failed) read();
    });
  }
  void read() {
    stream_.async_read_some(asio::buffer(buffer_), [this](auto failed, std::size_t size) {
      closed = static_cast<bool>(failed);
      if (failed) return;
      received.append(buffer_.data(), size);
      read();
    });
  }

  asio::ssl::context context_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  std::array<char, 65'536> buffer_;
  std::string sent_;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does: OpenSSL writes without MSG_NOSIGNAL
    settings_.listeners = {listener("external", "127.0.0.1:0"),
                           listener("internal", "127.0.0.2:0")};
  }

  Listener listener(const std::string& interface, const char* address) {
    return {interface,
            *Endpoint::parse(address),
            {},
            {Transport::tls},
            {},
            {},
            ListenerTls{{own_, secure::ClientProof::none, {}, next_hop_.chain}, {}}};
  }
  void require_partner(const std::string& name) {
    ListenerTls& tls = *settings_.listeners[0].tls;
    tls.context.client_proof = secure::ClientProof::certificate;
    tls.context.client_authorities = partner_.chain;
    tls.partners = {name};
  }
  void start(const std::string& next_hop = "localhost") {
    Route route;
    route.from = "external";
    route.next_hops = {{next_hop, net::from_asio(acceptor_.local_endpoint()).port, Transport::tls}};
    settings_.routes = {route};
    signalling_.emplace(io_, settings_, anchor_, counters_);
    const auto started = signalling_->start();
    ASSERT_TRUE(started.ok()) << started.reason().message();
  }
  template <class Done>
  void run_until(Done&& done) {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (!done() && std::chrono::steady_clock::now() < give_up) io_.run_one_for(50ms);
    ASSERT_TRUE(done());
  }
  [[nodiscard]] Endpoint edge() const { return signalling_->listeners()[0].local; }

  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_{io_,
                                    net::to_asio<asio::ip::tcp>(*Endpoint::parse("127.0.0.1:0"))};
  secure::PemPair own_ = certificate_of("edge.example");
  secure::PemPair next_hop_ = certificate_of("localhost");
  secure::PemPair partner_ = certificate_of("sip.partner.example");
  Settings settings_;
  testing::FakeAnchor anchor_;
  Counters counters_;
  std::optional<Signalling> signalling_;
};

TEST_F(TlsTest, CarriesACallBothWays) {
  settings_.listeners[1].local = *Endpoint::parse("127.0.0.1:0");
  settings_.listeners[1].name = "in.edge.example";
  TlsParty bob{io_, next_hop_};
  bob.accept(acceptor_);
  start();
  TlsParty alice{io_, partner_};
  alice.connect(edge());
  run_until([&] { return alice.secured; });
  alice.send(testing::invite("TLS"));
  run_until([&] { return bob.received.find("EDGE of Alice") != std::string::npos; });
  const std::string port = std::to_string(signalling_->listeners()[1].local.port.number());
  EXPECT_NE(bob.received.find("Via: SIP/2.0/TLS in.edge.example:" + port), std::string::npos);
  EXPECT_NE(bob.received.find("<sip:in.edge.example:" + port + ";transport=tls;lr;"),
            std::string::npos);
  bob.send(response(bob.received, 200, "b1", "SDP"));
  run_until([&] { return alice.received.find("200 Whatever") != std::string::npos; });
}

TEST_F(TlsTest, Rfc5922_7_3_ANextHopThatIsSomebodyElseGetsNothing) {
  settings_.listeners[1].local = *Endpoint::parse("127.0.0.1:0");
  TlsParty mallory{io_, next_hop_};
  mallory.accept(acceptor_);
  start("127.0.0.1");  // its certificate names localhost, and no address
  TlsParty alice{io_, partner_};
  alice.connect(edge());
  run_until([&] { return alice.secured; });
  alice.send(testing::invite("TLS"));
  run_until([&] { return alice.received.find("SIP/2.0 503") != std::string::npos; });
  EXPECT_EQ(counters_.drops.of(DropReason::sip_unknown_partner), 1U);
  EXPECT_EQ(mallory.received, "");
}

TEST_F(TlsTest, APartnerIsServedByTheNameInItsCertificate) {
  require_partner("sip.partner.example");
  start();
  TlsParty partner{io_, partner_};
  partner.connect(edge());
  run_until([&] { return partner.secured; });
  partner.send("\r\n\r\n");
  run_until([&] { return partner.received == "\r\n"; });
}

TEST_F(TlsTest, AVerifiedCertificateMakesAConnectionKnown) {
  require_partner("sip.partner.example");
  start();
  TlsParty partner{io_, partner_};
  partner.connect(edge());
  run_until([&] {
    return counters_.connections_by_standing[static_cast<std::size_t>(Standing::known)].value() ==
           1;
  });
}

TEST_F(TlsTest, WithoutACheckACertificateProvesNothing) {
  start();
  TlsParty anybody{io_, partner_};
  anybody.connect(edge());
  run_until([&] { return anybody.secured; });
  anybody.send("\r\n\r\n");
  run_until([&] { return anybody.received == "\r\n"; });
  EXPECT_EQ(counters_.connections_by_standing[static_cast<std::size_t>(Standing::stranger)].value(),
            1);
}

TEST_F(TlsTest, AMessageOfManyRecordsArrivesWhole) {
  TlsParty bob{io_, next_hop_};
  bob.accept(acceptor_);
  settings_.listeners[1].local = *Endpoint::parse("127.0.0.1:0");
  settings_.limits.message_bytes = 65'536;
  start();
  TlsParty alice{io_, partner_};
  alice.connect(edge());
  run_until([&] { return alice.secured; });
  const std::string body(50'000, 'x');
  alice.send(
      testing::with_body("MESSAGE sip:bob@inside.example SIP/2.0\n"
                         "Via: SIP/2.0/TLS 198.51.100.9:5062;branch=z9hG4bKm\n"
                         "Max-Forwards: 70\nFrom: <sip:a@b>;tag=a\nTo: <sip:b@c>\n"
                         "Call-ID: m\nCSeq: 1 MESSAGE\nContent-Type: text/plain\n",
                         body));
  run_until([&] { return bob.received.size() > body.size(); });
  EXPECT_EQ(bob.received.substr(bob.received.size() - body.size()), body);
}

TEST_F(TlsTest, AStrangerWithAGoodCertificateIsClosed) {
  require_partner("sip.other.example");
  start();
  TlsParty stranger{io_, partner_};
  stranger.connect(edge());
  run_until([&] { return stranger.closed; });
  EXPECT_EQ(counters_.drops.of(DropReason::sip_unknown_partner), 1U);
  EXPECT_EQ(counters_.connections.value(), 0);
}

TEST_F(TlsTest, AnUnknownAuthorityFailsTheHandshake) {
  require_partner("sip.partner.example");
  start();
  TlsParty forger{io_, certificate_of("sip.partner.example")};
  forger.connect(edge());
  run_until([&] { return forger.closed; });
  run_until([&] { return counters_.drops.of(DropReason::handshake_failed) == 1; });
}

TEST_F(TlsTest, CertificatesAreRenewedWithoutTouchingOpenConnections) {
  require_partner("sip.partner.example");
  start();
  TlsParty early{io_, partner_};
  early.connect(edge());
  run_until([&] { return early.secured; });
  const secure::PemPair later = certificate_of("sip.partner.example");
  auto renewed = settings_.listeners;
  renewed[0].tls->context.client_authorities = later.chain;
  auto contexts = signalling_->make_tls(renewed);
  ASSERT_TRUE(contexts);
  signalling_->use_tls(*std::move(contexts));
  TlsParty late{io_, later};
  late.connect(edge());
  for (TlsParty* party : {&early, &late}) {
    run_until([&] { return party->secured; });
    party->send("\r\n\r\n");
    run_until([&] { return party->received == "\r\n"; });
  }
  renewed[0].tls->context.own->key = "nonsense";
  EXPECT_FALSE(signalling_->make_tls(renewed));
}

}  // namespace
}  // namespace avedge::sip
