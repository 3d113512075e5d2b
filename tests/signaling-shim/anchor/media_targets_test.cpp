// Where media may be sent before its party has latched: the table of the documentation, and what an
// SDP that names such a place comes to.
#include "signaling-shim/anchor/media_targets.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

constexpr int kExternalDevice = 3;
constexpr int kInternalDevice = 4;
constexpr int kBridge = 5;  // no interface's

/// Everything private leads inside, 172.17.0.0/16 to a bridge, the rest outside.
class FakeRoutes final : public RouteLookup {
 public:
  int device_towards(const IpAddress&, const IpAddress& to, int bound_to) override {
    ++asked;
    if (bound_to != 0) return bound_to;
    if (Prefix::parse("172.17.0.0/16")->contains(to)) return kBridge;
    const bool is_inside = Prefix::parse("10.0.0.0/8")->contains(to) ||
                           Prefix::parse("203.0.113.128/25")->contains(to);
    return is_inside ? kInternalDevice : kExternalDevice;
  }
  int device_named(std::string_view name) override { return name == "ext0" ? kExternalDevice : 0; }
  int asked = 0;
};

IpAddress address(std::string_view text) {
  return *IpAddress::parse(text);
}

/// external 10.9.9.9 behind 1:1 NAT as 198.51.100.7, internal 10.0.0.10 (fake_session_control.h).
TargetSettings two_interfaces() {
  TargetSettings settings;
  settings.interfaces = {
      {"external", "ext0", {{address("10.9.9.9"), address("198.51.100.7")}}},
      {"internal",
       "",
       {{address("10.0.0.10"), address("10.0.0.10")}, {address("fd00::10"), address("fd00::10")}}}};
  settings.own_listeners = {*Endpoint::parse("10.0.0.10:5060"), *Endpoint::parse("0.0.0.0:9464")};
  return settings;
}

SharedLocalAddresses host() {
  return std::make_shared<const LocalAddresses>(
      std::vector<LocalAddresses::Entry>{{*Prefix::parse("127.0.0.0/8")},
                                         {*Prefix::parse("10.9.9.9/32"), kExternalDevice},
                                         {*Prefix::parse("10.0.0.10/32"), kInternalDevice},
                                         {*Prefix::parse("10.0.0.255/32")},
                                         {*Prefix::parse("9.9.9.9/32"), kExternalDevice},
                                         {*Prefix::parse("10.0.0.99/32"), kInternalDevice},
                                         {*Prefix::parse("fd00::10/128"), kInternalDevice}});
}

AddressRule rule(AddressRule::Action action, const char* prefix) {
  return {action, *Prefix::parse(prefix)};
}
AddressRule rule(AddressRule::Action action, const char* prefix, std::uint16_t first,
                 std::uint16_t last) {
  return {action, *Prefix::parse(prefix), PortRange{Port{first}, Port{last}}};
}
constexpr auto kAllow = AddressRule::Action::allow;
constexpr auto kDeny = AddressRule::Action::deny;

class Targets : public ::testing::Test {
 protected:
  TargetVerdict judge(std::string_view facing, std::string_view target, std::string_view source,
                      Transport transport = Transport::udp) const {
    const IpAddress ours = address(facing == "external" ? "10.9.9.9" : "10.0.0.10");
    const auto from = source.empty() ? IpAddress{} : address(source);
    return targets.judge(*Endpoint::parse(target), {ours, from, transport});
  }
  void SetUp() override { targets.use(host()); }

  FakeSessionControl control;
  FakeRoutes routes;
  MediaTargets targets{two_interfaces(), control, &routes};
};

struct TargetCase {
  const char* name;
  const char* facing;
  const char* target;
  const char* source;
  TargetVerdict verdict;
};

TEST_F(Targets, TheDefaultNeedsNoConfiguration) {
  using V = TargetVerdict;
  for (const auto& [name, facing, target, source, verdict] :
       {TargetCase{"a public party", "external", "203.0.113.5:4000", "203.0.113.5", V::admitted},
        TargetCase{"documentation", "external", "192.0.2.5:4000", "203.0.113.5", V::admitted},
        TargetCase{"loopback", "external", "127.0.0.1:2223", "203.0.113.5", V::own_address},
        TargetCase{"loopback inside", "internal", "127.0.0.1:2223", "10.0.0.20", V::own_address},
        TargetCase{"link-local", "internal", "169.254.1.1:4000", "10.0.0.20", V::not_routed},
        TargetCase{"multicast", "internal", "224.1.1.1:4000", "10.0.0.20", V::not_routed},
        TargetCase{"broadcast", "internal", "10.0.0.255:4000", "10.0.0.20", V::own_address},
        TargetCase{"a second address", "external", "9.9.9.9:161", "203.0.113.5", V::own_address},
        TargetCase{"management", "internal", "10.0.0.99:161", "10.0.0.20", V::own_address},
        TargetCase{"its advertised name", "external", "198.51.100.7:3478", "203.0.113.5",
                   V::own_address},
        TargetCase{"the edge's own SIP", "internal", "10.0.0.10:5060", "10.0.0.20",
                   V::own_listener},
        TargetCase{"metrics on every address", "internal", "127.0.0.1:9464", "10.0.0.20",
                   V::own_listener},
        TargetCase{"the office from outside, bound to a device", "external", "10.0.0.21:53",
                   "203.0.113.5", V::private_address},
        TargetCase{"the public half of the office", "internal", "203.0.113.200:53", "10.0.0.20",
                   V::admitted},
        TargetCase{"outside from inside", "internal", "8.8.8.8:53", "10.0.0.20",
                   V::other_interface},
        TargetCase{"two office phones", "internal", "10.0.0.30:4000", "10.0.0.20", V::admitted},
        TargetCase{"a PBX in a container", "internal", "172.17.0.2:4000", "172.17.0.2",
                   V::admitted},
        TargetCase{"a phone behind NAT", "external", "192.168.1.5:4000", "203.0.113.5",
                   V::private_address},
        TargetCase{"a carrier's NAT", "external", "100.64.1.1:4000", "203.0.113.5",
                   V::private_address},
        TargetCase{"a VPN's both ends", "external", "192.168.1.5:4000", "192.168.1.9", V::admitted},
        TargetCase{"source unknown, office", "internal", "10.0.0.30:4000", "", V::admitted},
        TargetCase{"source unknown, behind 1:1 NAT", "external", "192.168.1.5:4000", "",
                   V::private_address}}) {
    EXPECT_EQ(label(judge(facing, target, source)), label(verdict)) << name;
  }
}

TEST_F(Targets, WithoutADeviceTheRouteDecides) {
  TargetSettings settings = two_interfaces();
  settings.interfaces[0].device.clear();
  MediaTargets unbound{settings, control, &routes};
  unbound.use(host());
  const TargetParty outside{address("10.9.9.9"), address("10.200.0.1"), Transport::udp};
  EXPECT_EQ(unbound.judge(*Endpoint::parse("10.0.0.21:53"), outside),
            TargetVerdict::other_interface);
  EXPECT_EQ(unbound.judge(*Endpoint::parse("203.0.113.200:53"), outside),
            TargetVerdict::other_interface);
  EXPECT_EQ(unbound.judge(*Endpoint::parse("203.0.113.5:53"), outside), TargetVerdict::admitted);
}

TEST_F(Targets, EveryFormOfAnAddressGetsTheSameVerdict) {
  const auto verdict = [&](const std::string& text) {
    const TargetParty party{address("fd00::10"), address("203.0.113.5"), Transport::udp};
    return targets.judge(*Endpoint::parse(text), party);
  };
  for (const char* form : {"[::ffff:9.9.9.9]:161", "[::9.9.9.9]:161", "[::ffff:0:9.9.9.9]:161",
                           "[2002:909:909::1]:161", "[2001:0:1:2:3:4:f6f6:f6f6]:161",
                           "[64:ff9b::9.9.9.9]:161", "[2606:4700::5efe:9.9.9.9]:161"}) {
    EXPECT_EQ(label(verdict(form)), label(TargetVerdict::own_address)) << form;
  }
  for (const char* form : {"[64:ff9b::192.168.1.5]:1", "[2002:c0a8:105::]:1", "[fd00::77]:1",
                           "[fd00::5efe:8.8.8.8]:1"}) {
    EXPECT_NE(label(verdict(form)), label(TargetVerdict::admitted)) << form;
  }
}

TEST_F(Targets, RulesComeFirst) {
  using V = TargetVerdict;
  targets.use(std::vector<TargetRule>{{"external", rule(kAllow, "192.168.1.0/24")},
                                      {"external", rule(kDeny, "203.0.113.0/24", 53, 53)},
                                      {"", rule(kAllow, "10.0.0.10/32", 5000, 31000)},
                                      {"internal", rule(kAllow, "10.0.0.99/32")},
                                      {"internal", rule(kDeny, "10.0.0.40/32")}});
  for (const auto& [name, facing, target, source, verdict] :
       {TargetCase{"allowed there", "external", "192.168.1.5:4000", "203.0.113.5", V::admitted},
        TargetCase{"one port denied", "external", "203.0.113.5:53", "203.0.113.5",
                   V::denied_by_rule},
        TargetCase{"the others not", "external", "203.0.113.5:54", "203.0.113.5", V::admitted},
        TargetCase{"a PBX on this machine", "internal", "10.0.0.10:30000", "10.0.0.10",
                   V::admitted},
        TargetCase{"another port of it", "internal", "10.0.0.10:31001", "10.0.0.10",
                   V::own_address},
        TargetCase{"never a listener of ours", "internal", "10.0.0.10:5060", "10.0.0.10",
                   V::own_listener},
        TargetCase{"without ports it opens nothing here", "internal", "10.0.0.99:161", "10.0.0.20",
                   V::own_address},
        TargetCase{"denied", "internal", "10.0.0.40:4000", "10.0.0.20", V::denied_by_rule},
        TargetCase{"not on the other side", "external", "10.0.0.40:4000", "10.0.0.20",
                   V::admitted}}) {
    EXPECT_EQ(label(judge(facing, target, source)), label(verdict)) << name;
  }
}

TEST_F(Targets, TheAdviceIsARuleThatAdmits) {
  const TargetParty party{address("10.0.0.10"), address("10.0.0.20"), Transport::udp};
  const Endpoint target = *Endpoint::parse("10.0.0.99:30000");
  const std::string advice = targets.advice(target, party, targets.judge(target, party));
  EXPECT_EQ(advice,
            "no media is sent to 10.0.0.99:30000: it is an address of this host; this would admit "
            "it: [[media.peer_rule]] interface = \"internal\", action = \"allow\", prefix = "
            "\"10.0.0.99/32\", ports = \"30000-30000\"");
  targets.use(std::vector<TargetRule>{{"internal", rule(kAllow, "10.0.0.99/32", 30000, 30000)}});
  EXPECT_EQ(targets.judge(target, party), TargetVerdict::admitted);
}

// --- what an SDP comes to ------------------------------------------------------------------------

class TargetsOfACall : public ::testing::Test {
 protected:
  TargetsOfACall() { sessions.use_local_addresses(host()); }

  static Settings settings_of() {
    Settings settings;
    settings.targets = two_interfaces();
    return settings;
  }

  void open(Latching latching = Latching::signalled) {
    SessionSpec spec;
    spec.branch = "z9hG4bK-" + std::to_string(++calls);
    spec.call_id = spec.branch;
    spec.caller_interface = "external";
    spec.callee_interface = "internal";
    spec.latching = latching;
    id = *sessions.open(now, spec);
  }
  Verdict<BodyRewrite> offer(const std::string& sdp, const char* source = "203.0.113.5") {
    return pass({Side::caller,
                 "INVITE",
                 0,
                 1,
                 "",
                 false,
                 {},
                 "application/sdp",
                 sdp,
                 address(source),
                 terms});
  }
  Verdict<BodyRewrite> answer(const std::string& sdp, const char* source = "10.0.0.20") {
    return pass({Side::callee,
                 "INVITE",
                 200,
                 1,
                 "b",
                 false,
                 {},
                 "application/sdp",
                 sdp,
                 address(source),
                 {}});
  }
  Verdict<BodyRewrite> pass(const DialogMessage& message) {
    return sessions.on_message(now, id, message);
  }
  /// Where the callee's media goes until the caller latches.
  Endpoint towards_caller() { return control.path(0).caller.signalled; }

  static constexpr std::string_view kIce =
      "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef012345\r\n";

  Time now{std::chrono::hours{1}};
  int calls = 0;
  FakeSessionControl control;
  FakeRoutes routes;
  RecordingObserver observer;
  Settings settings = settings_of();
  Sessions sessions{control, settings, observer, &routes};
  SessionId id{};
  PartyTerms terms;
};

TEST_F(TargetsOfACall, ACallerNamesNoPlaceItHasNoBusinessWith) {
  for (const char* place : {"10.0.0.21", "10.0.0.99", "9.9.9.9", "127.0.0.1", "169.254.1.1",
                            "198.51.100.7", "10.0.0.10"}) {
    open();
    const auto refused = offer(audio(place, 53));
    ASSERT_FALSE(refused.ok()) << place;
    EXPECT_EQ(refused.reason(), DropReason::media_target_refused) << place;
    EXPECT_EQ(control.pairs(), 0U) << "nothing was leased";
    EXPECT_NE(sessions.last_advice().find(std::string{"prefix = \""} + place + "/32\""),
              std::string::npos)
        << sessions.last_advice();
  }
  EXPECT_EQ(observer.refused_targets.size(), 7U);
  EXPECT_TRUE(observer.refused_targets.front().second);
}

TEST_F(TargetsOfACall, WhoMayBeLatchedOtherwiseIsNotRefusedAndNothingIsSentBefore) {
  struct Forwarding {
    const char* name;
    Latching latching;
    PartyTerms::Place place;
    std::string_view more;
  };
  for (const auto& [name, latching, place, more] :
       {Forwarding{"by its SIP source", Latching::sip_source, PartyTerms::Place::described, ""},
        Forwarding{"by received-from", Latching::signalled, PartyTerms::Place::described_or_source,
                   ""},
        Forwarding{"by ICE", Latching::signalled, PartyTerms::Place::described, kIce}}) {
    open(latching);
    terms.place = place;
    ASSERT_TRUE(offer(audio("192.168.1.5", 4000, more)).ok()) << name;
    ASSERT_TRUE(answer(audio("10.0.0.20", 7000)).ok()) << name;
    EXPECT_EQ(towards_caller(), Endpoint{}) << name;
    const auto& addresses = control.path(0).caller.signalled_addresses;
    EXPECT_EQ(std::count(addresses.begin(), addresses.end(), address("192.168.1.5")), 0) << name;
    sessions.close(now, id, EndReason::bye);
  }
  EXPECT_EQ(observer.refused_targets.size(), 3U) << "one line a call";
  EXPECT_FALSE(observer.refused_targets.front().second);
}

TEST_F(TargetsOfACall, HoldIsNoTargetAndRefusesNothing) {
  open();
  EXPECT_TRUE(offer(audio("0.0.0.0", 4000)).ok());
  EXPECT_TRUE(observer.refused_targets.empty());
  sessions.close(now, id, EndReason::cancelled);
}

TEST_F(TargetsOfACall, CandidatesAreOnlySkipped) {
  open();
  const std::string candidates =
      "a=candidate:1 1 UDP 2130706431 10.0.0.21 5000 typ host\r\n"
      "a=candidate:2 1 UDP 1694498815 203.0.113.5 5000 typ srflx raddr 10.0.0.21 rport 5000\r\n";
  ASSERT_TRUE(offer(audio("203.0.113.5", 4000, candidates)).ok());
  ASSERT_TRUE(answer(audio("10.0.0.20", 7000)).ok());
  EXPECT_EQ(towards_caller(), *Endpoint::parse("203.0.113.5:4000"));
  EXPECT_EQ(control.path(0).caller.signalled_addresses, std::vector{address("203.0.113.5")});
  EXPECT_TRUE(observer.refused_targets.empty());
  sessions.close(now, id, EndReason::bye);
}

TEST_F(TargetsOfACall, APortOfTheEdgeIsATargetWhileItIsLeased) {
  open();
  ASSERT_TRUE(offer(audio("203.0.113.5", 4000)).ok());
  ASSERT_TRUE(answer(audio("10.0.0.20", 7000)).ok());
  const SessionId first = id;
  const std::string port = control.port_of(control.path(0).caller.socket);
  const std::string again = audio("198.51.100.7", std::stoi(port));
  open();
  ASSERT_TRUE(offer(again).ok()) << "the call crosses the edge twice";
  sessions.close(now, id, EndReason::bye);
  sessions.close(now, first, EndReason::bye);
  open();
  EXPECT_FALSE(offer(again).ok()) << "nobody has it any more";
}

TEST_F(TargetsOfACall, AnAddressThatIsAddedLaterIsNoTargetAnyMore) {
  open(Latching::sip_source);
  ASSERT_TRUE(offer(audio("203.0.113.5", 4000)).ok());
  ASSERT_TRUE(answer(audio("10.0.0.20", 7000)).ok());
  ASSERT_EQ(towards_caller(), *Endpoint::parse("203.0.113.5:4000"));
  const std::size_t before = control.set_calls;
  sessions.use_local_addresses(host());
  EXPECT_EQ(control.set_calls, before) << "nothing has changed for it";
  sessions.use_local_addresses(std::make_shared<const LocalAddresses>(
      std::vector<LocalAddresses::Entry>{{*Prefix::parse("203.0.113.5/32"), kExternalDevice}}));
  EXPECT_EQ(towards_caller(), Endpoint{});
  sessions.close(now, id, EndReason::bye);
}

TEST_F(TargetsOfACall, APbxOnThisMachineTakesARuleWithPorts) {
  open(Latching::sip_source);
  ASSERT_TRUE(offer(audio("203.0.113.5", 4000)).ok());
  EXPECT_FALSE(answer(audio("10.0.0.10", 30000), "10.0.0.10").ok())
      << "from an address of the edge's a party never latches";
  sessions.close(now, id, EndReason::rejected);
  sessions.use_target_rules({{"internal", rule(kAllow, "10.0.0.10/32", 30000, 31000)}});
  open(Latching::sip_source);
  ASSERT_TRUE(offer(audio("203.0.113.5", 4000)).ok());
  ASSERT_TRUE(answer(audio("10.0.0.10", 30000), "10.0.0.10").ok());
  EXPECT_EQ(control.path(0).callee.signalled, *Endpoint::parse("10.0.0.10:30000"));
  sessions.close(now, id, EndReason::bye);
}

}  // namespace
}  // namespace avedge::anchor
