// What signalling that decides message by message may ask of a session.
#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

class PartyTermsTest : public Call {
 protected:
  /// The caller's end of the first path of a call between two audio parties.
  UdpLeg caller_end(PartyTerms::Place place) {
    terms.place = place;
    establish();
    return control.path(0).caller;
  }
  const IpAddress described = *IpAddress::parse(kCaller);
  const IpAddress source = *IpAddress::parse("203.0.113.5");
};

TEST_F(PartyTermsTest, TheDescriptionAloneCountsUnlessToldOtherwise) {
  const UdpLeg end = caller_end(PartyTerms::Place::described);
  EXPECT_EQ(end.signalled_addresses, std::vector{described});
}

TEST_F(PartyTermsTest, TheSourceOfTheMessageMayLatchAsWell) {
  const UdpLeg end = caller_end(PartyTerms::Place::described_or_source);
  EXPECT_EQ(end.signalled, (Endpoint{described, Port{5000}}));
  EXPECT_EQ(end.signalled_addresses, (std::vector{described, source}));
}

TEST_F(PartyTermsTest, TheSourceOfTheMessageMayReplaceWhatIsDescribed) {
  const UdpLeg end = caller_end(PartyTerms::Place::source);
  EXPECT_EQ(end.signalled, (Endpoint{source, Port{5000}}));
  EXPECT_EQ(end.signalled_addresses, std::vector{source});
}

TEST_F(PartyTermsTest, APartyMayHaveALatchingOfItsOwn) {
  terms.latching = Latching::strict;
  terms.timing = LatchTiming::delayed;
  terms.rebinding = Rebinding::refused;
  terms.is_asymmetric = true;
  (void)invite(audio(kCaller, 5000));
  terms = {};
  (void)ok(audio(kCallee, 7000));
  const auto rules = [](const UdpLeg& end) {
    return std::tuple{end.latching, end.timing, end.rebinding, end.is_asymmetric};
  };
  EXPECT_EQ(rules(control.path(0).caller),
            std::tuple(Latching::strict, LatchTiming::delayed, Rebinding::refused, true));
  EXPECT_EQ(rules(control.path(0).callee),
            std::tuple(Latching::signalled, LatchTiming::immediate, Rebinding::same_stream, false));
}

TEST_F(PartyTermsTest, TheReceiverMayBeGivenPortsOfTheOtherFamily) {
  terms.receiver_family = AddressFamily::ipv6;
  const std::string offer = invite(audio(kCaller, 5000));
  EXPECT_NE(offer.find("IN IP6 fd00::10"), std::string::npos) << offer;
}

TEST_F(PartyTermsTest, TheReceiverMayBeShownAnotherAddress) {
  terms.shown_address = IpAddress::parse("203.0.113.99");
  const std::string offer = invite(audio(kCaller, 5000));
  EXPECT_NE(offer.find("c=IN IP4 203.0.113.99"), std::string::npos) << offer;
  EXPECT_NE(offer.find("o=- 0 0 IN IP4 203.0.113.99"), std::string::npos) << offer;
}

TEST_F(PartyTermsTest, WhereForkingGoesOnALateAnswerIsAsGoodAsTheFirst) {
  open("z9hG4bK-2", true);
  (void)invite(audio(kCaller, 5000));
  (void)ok(audio("10.0.0.20", 7000), "ring-group");
  after(std::chrono::seconds{120});
  const std::string late = ok(audio("10.0.0.21", 7100), "voicemail");
  EXPECT_NE(port_in(late), "");
  EXPECT_EQ(sessions.find(id)->dialogs().size(), 2U);
  sessions.close(now, id, EndReason::bye);
  EXPECT_EQ(sessions.find(id), nullptr);
  EXPECT_EQ(control.pairs(), 0U);
  ASSERT_EQ(observer.ended.size(), 1U);
  EXPECT_EQ(observer.ended[0].second.reason, EndReason::bye);
}

}  // namespace
}  // namespace avedge::anchor
