// Who may come in, and what of what they say is believed.
#include <gmock/gmock.h>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using namespace std::string_literals;
using testing::alice_after;
using testing::bob_after;
using ::testing::HasSubstr;
using testing::invite;
using testing::kAlice;
using testing::kBob;
using testing::kExternal;
using testing::kInternal;
using ::testing::Not;
using testing::Proxy;
using testing::response;
using testing::two_sided;
using testing::udp;
using testing::view_of;

constexpr std::string_view kAssertions =
    "P-Asserted-Identity: <sip:boss@inside.example>\r\n"
    "ms-edge-proxy-message-trust: ms-source-type=DirectPartner\r\n"
    "p-preferred-identity : <sip:boss@inside.example>\r\n"
    "Remote-Party-ID: <sip:boss@inside.example>\r\n";
constexpr std::string_view kOthers =
    "History-Info: <sip:bob@inside.example>;index=1\r\n"
    "Diversion: <sip:bob@inside.example>;reason=unconditional\r\n"
    "ms-endpoint-location-data: NetworkScope;ms-media-location-type=Internet\r\n"
    "Proxy-Authorization: TLS-DSK qop=\"auth\", response=\"4f\"\r\n";

std::string claiming(std::string message) {
  const std::size_t at = message.find("CSeq:");
  return message.insert(at, std::string{kAssertions} + std::string{kOthers});
}

void expect_assertions(std::string_view message, bool there) {
  for (const char* name : {"Asserted", "message-trust", "preferred", "Remote-Party"}) {
    EXPECT_EQ(message.find(name) != std::string_view::npos, there) << name << '\n' << message;
  }
  EXPECT_THAT(message, HasSubstr(std::string{kOthers}));
}

TEST(Trust, Rfc3325_5_AStrangersAssertionsAreTakenOut) {
  Proxy proxy;
  const std::string forwarded = proxy.receive(kAlice, claiming(invite())).at(1).bytes;
  expect_assertions(forwarded, false);
  const std::string ok =
      proxy.receive(kBob, response(forwarded, 200, "b1", "SDP", "P-Asserted-Identity: <sip:b@c>\n"))
          .at(0)
          .bytes;
  EXPECT_THAT(ok, Not(HasSubstr("Asserted"))) << "nor do strangers learn of ours";
  expect_assertions(
      proxy.receive(kAlice, claiming(alice_after(ok).request("INFO", 2, "i1"))).at(0).bytes, false);
}

TEST(Trust, BetweenThoseWhoTrustEachOtherTheyPassForTheWholeDialog) {
  Settings settings = two_sided();
  settings.routes[0].trust = true;
  Proxy proxy{settings};
  const std::string forwarded = proxy.receive(kAlice, claiming(invite())).at(1).bytes;
  expect_assertions(forwarded, true);
  const std::string ok =
      proxy.receive(kBob, response(forwarded, 200, "b1", "SDP", "P-Asserted-Identity: <sip:b@c>\n"))
          .at(0)
          .bytes;
  EXPECT_THAT(ok, HasSubstr("P-Asserted-Identity: <sip:b@c>\r\n"));
  expect_assertions(
      proxy.receive(kAlice, claiming(alice_after(ok).request("INFO", 2, "i1"))).at(0).bytes, true);
  expect_assertions(
      proxy.receive(kBob, claiming(bob_after(forwarded).request("INFO", 2, "i2"))).at(0).bytes,
      true);
}

TEST(Sources, WhoIsNotOnTheListGetsNoAnswer) {
  Settings settings = two_sided();
  settings.listeners[0].sources = {*Prefix::parse("198.51.100.0/28")};
  Proxy proxy{settings};
  EXPECT_EQ(proxy.receive(kAlice, invite()).size(), 2U);
  EXPECT_TRUE(proxy.receive(udp(kExternal, "198.51.100.77:5060"), invite()).empty());
  EXPECT_EQ(proxy.drops(DropReason::sip_source_refused), 1U);
}

TEST(Sources, OurNextHopsAreNeverStrangers) {
  Settings settings = two_sided();
  settings.listeners[1].sources = {*Prefix::parse("10.9.0.0/16")};
  Proxy proxy{settings};
  const std::string forwarded = proxy.receive(kAlice, invite()).at(1).bytes;
  EXPECT_EQ(proxy.receive(kBob, response(forwarded, 180, "b1")).size(), 1U);
}

TEST(Flood, ANextHopIsExemptOnItsOwnInterfaceOnly) {
  Settings settings = two_sided();
  settings.limits.request_burst = 1;
  settings.limits.requests_per_second = 1;
  Proxy proxy{settings};
  const auto request = [](int i) {
    std::string text = invite();
    return text.replace(text.find("alice1"), 6, "alice" + std::to_string(i));
  };
  const SipFlow disguised = udp(kExternal, "10.0.0.20:5060");  // Bob's address, from outside
  (void)proxy.receive(disguised, request(1));
  EXPECT_TRUE(proxy.receive(disguised, request(2)).empty());
  EXPECT_EQ(proxy.drops(DropReason::sip_flood), 1U);
  for (int i = 3; i < 9; ++i) (void)proxy.receive(udp(kInternal, "10.0.0.20:5060"), request(i));
  EXPECT_EQ(proxy.drops(DropReason::sip_flood), 1U);
}

class Path : public ::testing::Test {
 protected:
  Path() {
    Settings settings = two_sided();
    settings.routes[0].path = true;
    proxy_.emplace(settings);
    std::string request = invite();
    for (std::size_t at; (at = request.find("INVITE")) != std::string::npos;) {
      request.replace(at, 6, "REGISTER");
    }
    registered_ = proxy_->receive(alice_, request).at(0).bytes;
    const std::size_t at = registered_.find("Path: ") + 6;
    path_ = registered_.substr(at, registered_.find("\r\n", at) - at);
  }
  std::string call(const std::string& routes) {
    return testing::with_body(
        "INVITE sip:alice@198.51.100.9:5062 SIP/2.0\n"
        "Via: SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bKin\n"
        "Max-Forwards: 70\n" +
            routes +
            "From: <sip:bob@inside.example>;tag=b7\n"
            "To: <sip:alice@outside.example>\n"
            "Call-ID: another\nCSeq: 1 INVITE\n",
        "SDP of Bob");
  }

  const SipFlow alice_ = testing::tcp(kExternal, "198.51.100.9:5062", 77);
  std::optional<Proxy> proxy_;
  std::string registered_;
  std::string path_;
};

TEST_F(Path, Rfc3327_5_2_ARegisterNamesTheEdgeAsTheRegistrarSeesIt) {
  EXPECT_THAT(path_, ::testing::StartsWith("<sip:10.0.0.1:5060;transport=udp;lr;avedge="));
  EXPECT_THAT(registered_, Not(HasSubstr("Record-Route")));
}

TEST_F(Path, Rfc3327_5_4_ACallTakesTheWayOfTheRegistration) {
  const Outbox out = proxy_->receive(kBob, call("Route: " + path_ + "\n"));
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[1].to, alice_) << "the connection it registered by";
  EXPECT_THAT(out[1].bytes, Not(HasSubstr("Route: " + path_)));
  EXPECT_EQ(view_of(out[1].bytes).body(), "EDGE of Bob");
  EXPECT_EQ(testing::values_of(view_of(out[1].bytes), HeaderId::record_route).size(), 2U);
}

TEST_F(Path, IsOfNoUseToTheClient) {
  const Outbox out = proxy_->receive(kAlice, call("Route: " + path_ + "\n"));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(view_of(out[0].bytes).status(), 403);
  EXPECT_EQ(proxy_->drops(DropReason::sip_forged_route), 1U);
}

TEST_F(Path, LeadsNowhereBeyondTheClient) {
  for (const std::string& more : {"Route: <sip:10.9.9.9;lr>\n"s, "Route: " + path_ + "\n"}) {
    const Outbox out = proxy_->receive(kBob, call("Route: " + path_ + "\n" + more));
    ASSERT_EQ(out.size(), 1U) << more;
    EXPECT_EQ(view_of(out[0].bytes).status(), 403);
  }
}

TEST(Names, ARouteMayNameTheListenerOrTheEdge) {
  Settings settings = two_sided();
  settings.listeners[0].name = "sip.edge.example";
  settings.names = {"edge.example"};
  for (const char* route :
       {"<sip:sip.edge.example:5060;lr>", "<sip:Edge.example;lr>", "<sip:203.0.113.1:5060;lr>"}) {
    Proxy proxy{settings};
    std::string request = invite();
    request.insert(request.find("From:"), "Route: " + std::string{route} + "\r\n");
    const Outbox out = proxy.receive(kAlice, request);
    ASSERT_EQ(out.size(), 2U) << route;
    EXPECT_THAT(out[1].bytes, Not(HasSubstr("Route: <sip:"s + (route + 5)))) << route;
  }
}

TEST(Secure, Rfc5630_ASipsUriNeverLeavesInTheClear) {
  Proxy proxy;
  std::string request = invite();
  request.replace(request.find("sip:bob"), 4, "sips:");
  const Outbox out = proxy.receive(kAlice, request);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(view_of(out[0].bytes).status(), 480);
}

TEST(Secure, Rfc3261_16_6_4_ASipsTargetIsRecordedAsSips) {
  Settings settings = two_sided({"sip:10.0.0.20;transport=tls"});
  settings.listeners[1].name = "in.edge.example";
  Proxy proxy{settings};
  std::string request = invite();
  request.replace(request.find("sip:bob"), 4, "sips:");
  const Outbox out = proxy.receive(kAlice, request);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[1].to.transport, Transport::tls);
  EXPECT_EQ(out[1].to.remote, *Endpoint::parse("10.0.0.20:5061"));
  EXPECT_THAT(out[1].bytes, HasSubstr("Record-Route: <sips:in.edge.example:5060;transport=tls;lr"));
}

}  // namespace
}  // namespace avedge::sip
