// Which next hop a request gets: weights, penalties, health.
#include <gmock/gmock.h>

#include <map>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using namespace std::chrono_literals;
using testing::invite;
using testing::kAlice;
using testing::kInternal;
using testing::Proxy;
using testing::response;
using testing::two_sided;
using testing::view_of;

std::string call(int number) {
  std::string text = invite();
  for (const std::string& part : {std::string{"alice1"}, std::string{"call-1"}}) {
    text.replace(text.find(part), part.size(), part + "x" + std::to_string(number));
  }
  return text;
}

std::map<std::string, int> shares(Proxy& proxy, int calls) {
  std::map<std::string, int> share;
  for (int i = 0; i < calls; ++i) {
    const Outbox out = proxy.receive(kAlice, call(i));
    ++share[out.at(1).to.remote.address.to_string()];
  }
  return share;
}

Settings unlimited(std::vector<std::string> hops) {
  Settings settings = two_sided(std::move(hops));
  settings.limits.request_burst = 1e6;
  return settings;
}

TEST(NextHops, AreTriedInOrderUnlessBalanced) {
  Proxy proxy{unlimited({"sip:10.0.0.20;weight=1", "sip:10.0.0.21;weight=3"})};
  EXPECT_EQ(shares(proxy, 50)["10.0.0.20"], 50);
}

TEST(NextHops, AWeightIsAShare) {
  Settings settings =
      unlimited({"sip:10.0.0.20;weight=1", "sip:10.0.0.21;weight=3", "sip:10.0.0.22;weight=0"});
  settings.routes[0].balance = Balance::by_weight;
  Proxy proxy{settings};
  auto share = shares(proxy, 2000);
  EXPECT_NEAR(share["10.0.0.20"], 500, 100);
  EXPECT_NEAR(share["10.0.0.21"], 1500, 100);
  EXPECT_EQ(share["10.0.0.22"], 0);
}

TEST(NextHops, Rfc3263_4_4_RetransmissionsDoNotWander) {
  Settings settings = unlimited({"sip:10.0.0.20", "sip:10.0.0.21", "sip:10.0.0.22"});
  settings.routes[0].balance = Balance::by_weight;
  Proxy proxy{settings};
  std::string request = call(7);
  for (std::size_t at; (at = request.find("INVITE")) != std::string::npos;) {
    request.replace(at, 6, "NOTIFY");
  }
  const Endpoint first = proxy.receive(kAlice, request).at(0).to.remote;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(proxy.receive(kAlice, request).at(0).to.remote, first);
  }
}

class Health : public ::testing::Test {
 protected:
  Health() {
    Settings settings = unlimited({"sip:10.0.0.20", "sip:10.0.0.21"});
    settings.routes.resize(1);
    settings.health = {10s, 2};
    proxy_.emplace(settings);
  }
  /// One round of questions; those to `silent` stay without an answer.
  void round(std::string_view silent, int status = 200) {
    const Outbox asked = proxy_->wait(10s);
    for (const Send& question : asked) {
      ASSERT_EQ(view_of(question.bytes).method(), Method::options) << question.bytes;
      if (question.to.remote.address.to_string() == silent) continue;
      EXPECT_TRUE(proxy_->receive(question.to, response(question.bytes, status, "h")).empty());
    }
    EXPECT_EQ(asked.size(), 2U);
  }
  std::string chosen() {
    const Outbox out = proxy_->receive(kAlice, call(++calls_));
    return view_of(out.back().bytes).is_request()
               ? out.back().to.remote.address.to_string()
               : std::to_string(view_of(out.back().bytes).status());
  }
  [[nodiscard]] std::int64_t up(std::size_t hop) const {
    return proxy_->counters.next_hops[hop].up.value();
  }
  void settle() { (void)proxy_->wait(0s); }

  std::optional<Proxy> proxy_;
  int calls_ = 0;
};

TEST_F(Health, ASilentNextHopGoesDownAndComesBack) {
  const Outbox first = proxy_->wait(0s);
  ASSERT_EQ(first.size(), 2U) << "asked at once";
  EXPECT_NE(first[0].bytes.find("OPTIONS sip:10.0.0.20 SIP/2.0\r\n"), std::string::npos);
  round("10.0.0.20");
  round("10.0.0.20");
  EXPECT_EQ(up(0), 0);
  EXPECT_EQ(up(1), 1);
  EXPECT_EQ(chosen(), "10.0.0.21");
  const Outbox asked = proxy_->wait(10s);
  for (const Send& send : asked) {
    if (view_of(send.bytes).method() == Method::options) {
      (void)proxy_->receive(send.to, response(send.bytes, 404, "h"));  // alive is alive
    }
  }
  EXPECT_EQ(up(0), 1);
  EXPECT_EQ(chosen(), "10.0.0.20");
}

TEST_F(Health, AnAnswerOf503IsNone) {
  settle();
  round("", 503);
  round("", 503);
  EXPECT_EQ(up(0), 0);
  EXPECT_EQ(chosen(), "503") << "with nobody left the caller learns it at once";
}

TEST_F(Health, WhatCannotBeSentIsAFailure) {
  for (int i = 0; i < 2; ++i) {
    const Outbox asked = proxy_->wait(i == 0 ? 0s : 10s);
    Outbox out;
    for (const Send& question : asked) proxy_->core.on_undeliverable(proxy_->now, question, out);
    EXPECT_TRUE(out.empty());
  }
  EXPECT_EQ(up(0), 0);
}

TEST(NextHops, HealthIsNotAskedUnlessConfigured) {
  Proxy proxy;
  EXPECT_EQ(proxy.core.next_deadline(), kNever);
}

TEST(NextHops, Rfc5922_7_3_TheCertificateNamesTheDomainThatWasLookedUp) {
  Settings settings = two_sided({"sip:p.example;transport=tls"});
  Proxy proxy{settings};
  HopTable& hops = proxy.core.hops();
  const Endpoint server = *Endpoint::parse("10.0.0.33:5061");
  hops.set_targets(0, {{Transport::tls, server, 0, 0, "server.p.example"}});
  const SipFlow there{kInternal, Transport::tls, ConnectionId::none, server};
  EXPECT_THAT(hops.names_of(there), ::testing::ElementsAre("p.example"));
  EXPECT_THAT(hops.names_of({kInternal, Transport::tls, {}, *Endpoint::parse("10.0.0.34:5061")}),
              ::testing::IsEmpty());
}

TEST(NextHops, AFederatedDomainMayBeServedFromWithinOnly) {
  Settings settings = two_sided();
  NextHop partner{"partner.example", {}, Transport::tls};
  partner.lookup = NextHop::Lookup::federation;
  settings.routes[0].next_hops = {partner};
  Proxy proxy{settings};
  const Endpoint server = *Endpoint::parse("10.0.0.33:5061");
  const SipFlow there{kInternal, Transport::tls, ConnectionId::none, server};
  HopTable& hops = proxy.core.hops();
  hops.set_targets(0, {{Transport::tls, server, 0, 0, "sip.partner.example"}});
  EXPECT_THAT(hops.names_of(there),
              ::testing::ElementsAre("partner.example", "sip.partner.example"));
  hops.set_targets(0, {{Transport::tls, server, 0, 0, "evilpartner.example"}});
  EXPECT_THAT(hops.names_of(there), ::testing::ElementsAre("partner.example"));
}

}  // namespace
}  // namespace avedge::sip
