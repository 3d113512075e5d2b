// Downstream forking: one offer, many answers (RFC 3261 §13.2.2.4).
#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

using std::chrono::seconds;

class ForkingTest : public Call {
 protected:
  const UdpPath* rtp_path_to(std::string_view callee) {
    for (const auto& [id_, path] : control.paths()) {
      if (path.callee.signalled.to_string() == callee) return &path;
    }
    return nullptr;
  }
};

TEST_F(ForkingTest, BranchesShareTheCalleesPortAndHaveTheirOwnForTheCaller) {
  const std::string offer = invite(audio(kCaller, 5000));
  const std::string desk = ringing(audio("10.0.0.20", 7000), "desk");
  const std::string phone = ringing(audio("10.0.0.21", 7100), "phone");
  EXPECT_NE(port_in(desk), port_in(phone));
  const UdpPath* to_desk = rtp_path_to("10.0.0.20:7000");
  const UdpPath* to_phone = rtp_path_to("10.0.0.21:7100");
  ASSERT_TRUE(to_desk != nullptr && to_phone != nullptr);
  EXPECT_EQ(to_desk->callee.socket, to_phone->callee.socket);
  EXPECT_EQ(control.port_of(to_desk->callee.socket), port_in(offer));
  EXPECT_EQ(control.port_of(to_desk->caller.socket), port_in(desk));
  EXPECT_EQ(control.port_of(to_phone->caller.socket), port_in(phone));
}

TEST_F(ForkingTest, The183OfOneBranchDoesNotDisturbTheOther) {
  (void)invite(audio(kCaller, 5000));
  const std::string desk = ringing(audio("10.0.0.20", 7000), "desk");
  const MediaPathId path = rtp_path_to("10.0.0.20:7000")->id;
  (void)ringing(audio("10.0.0.21", 7100), "phone");
  EXPECT_EQ(rtp_path_to("10.0.0.20:7000")->id, path);
  EXPECT_EQ(ringing(audio("10.0.0.20", 7000), "desk"), desk);
}

TEST_F(ForkingTest, The200OfOneBranchFreesTheOthers) {
  (void)invite(audio(kCaller, 5000));
  (void)ringing(audio("10.0.0.20", 7000), "desk");
  const std::string phone = ringing(audio("10.0.0.21", 7100), "phone");
  EXPECT_EQ(control.pairs(), 3U);
  EXPECT_EQ(ok(audio("10.0.0.21", 7100), "phone"), phone);
  EXPECT_EQ(rtp_path_to("10.0.0.20:7000"), nullptr);
  EXPECT_NE(rtp_path_to("10.0.0.21:7100"), nullptr);
  EXPECT_EQ(control.pairs(), 2U);
  // A straggling 183 of the lost branch brings nothing back.
  EXPECT_FALSE(pass({Side::callee, "INVITE", 183, 1, "desk", audio("10.0.0.20", 7000)}).ok());
  EXPECT_EQ(control.pairs(), 2U);
  bye("phone");
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(ForkingTest, BothBranchesMayAnswerAndEndOnTheirOwn) {
  (void)invite(audio(kCaller, 5000));
  (void)ringing(audio("10.0.0.20", 7000), "desk");
  (void)ok(audio("10.0.0.21", 7100), "phone");
  (void)ok(audio("10.0.0.20", 7000), "desk");
  EXPECT_NE(rtp_path_to("10.0.0.20:7000"), nullptr);
  EXPECT_NE(rtp_path_to("10.0.0.21:7100"), nullptr);
  bye("desk");  // the caller hangs up on the second one at once
  EXPECT_EQ(rtp_path_to("10.0.0.20:7000"), nullptr);
  EXPECT_NE(rtp_path_to("10.0.0.21:7100"), nullptr);
  EXPECT_TRUE(observer.ended.empty());
  bye("phone");
  EXPECT_EQ(observer.ended.size(), 1U);
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(ForkingTest, TotalsIncludeBranchesThatLost) {
  (void)invite(audio(kCaller, 5000));
  (void)ringing(audio("10.0.0.20", 7000), "desk");
  rtp_path_to("10.0.0.20:7000")->counters->packets[1].add(5);
  (void)ok(audio("10.0.0.21", 7100), "phone");
  rtp_path_to("10.0.0.21:7100")->counters->packets[1].add(7);
  bye("phone");
  EXPECT_EQ(observer.ended.at(0).second.media.packets[1], 12U);
}

TEST_F(ForkingTest, EachBranchHasItsOwnCheckKeys) {
  (void)invite(audio(kCaller, 5000, "a=ice-ufrag:cu\r\na=ice-pwd:cp\r\n"));
  (void)ringing(audio("10.0.0.20", 7000, "a=ice-ufrag:du\r\na=ice-pwd:dp\r\n"), "desk");
  (void)ringing(audio("10.0.0.21", 7100, "a=ice-ufrag:pu\r\na=ice-pwd:pp\r\n"), "phone");
  EXPECT_EQ(rtp_path_to("10.0.0.20:7000")->callee.ice.at(0), (IceCheckKeys{"cu", "cp", "du"}));
  EXPECT_EQ(rtp_path_to("10.0.0.21:7100")->callee.ice.at(0), (IceCheckKeys{"cu", "cp", "pu"}));
}

TEST_F(ForkingTest, TheNumberOfBranchesIsBounded) {
  (void)invite(audio(kCaller, 5000));
  for (std::size_t i = 0; i < settings.max_dialogs; ++i) {
    (void)ringing(audio(kCallee, 7000), "tag" + std::to_string(i));
  }
  const auto refused = pass({Side::callee, "INVITE", 183, 1, "more", audio(kCallee, 7000)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::table_full);
}

TEST_F(ForkingTest, RequestsCannotBeginDialogs) {
  establish();
  const auto refused = pass({Side::caller, "INVITE", 0, 2, "stranger", audio(kCaller, 5000)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::sip_unmatched);
}

}  // namespace
}  // namespace avedge::anchor
