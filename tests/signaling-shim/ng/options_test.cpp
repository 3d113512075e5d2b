#include "signaling-shim/ng/options.h"

#include <gtest/gtest.h>

namespace avedge::ng {
namespace {

using Entries = Value::Dictionary;
using List = Value::List;
using Place = anchor::PartyTerms::Place;

TEST(NgOptions, ReadsWhatAProxySends) {
  const Value request{Entries{{"command", "offer"},
                              {"sdp", "v=0\r\n"},
                              {"call-id", "abc"},
                              {"from-tag", "a"},
                              {"to-tag", "b"},
                              {"via-branch", "z9hG4bK"},
                              {"received-from", List{"IP4", "203.0.113.5"}},
                              {"direction", List{"external", "internal"}},
                              {"address family", "IP6"},
                              {"media address", "203.0.113.9"},
                              {"transport-protocol", "RTP/AVP"},
                              {"ICE", "remove"},
                              {"rtcp-mux", List{"offer", "demux"}},
                              {"supports", List{"load limit"}},
                              {"flags", List{"trust-address", "loop-protect"}}}};
  const Options options = Options::read(request);
  EXPECT_EQ(options.sdp, "v=0\r\n");
  EXPECT_EQ(options.call_id, "abc");
  EXPECT_EQ(options.from_tag, "a");
  EXPECT_EQ(options.to_tag, "b");
  EXPECT_EQ(options.via_branch, "z9hG4bK");
  EXPECT_EQ(options.received_from, IpAddress::v4(203, 0, 113, 5));
  EXPECT_EQ(options.direction, (std::vector<std::string>{"external", "internal"}));
  EXPECT_EQ(options.address_family, AddressFamily::ipv6);
  EXPECT_EQ(options.media_address, IpAddress::v4(203, 0, 113, 9));
  EXPECT_EQ(options.transport_protocol, "RTP/AVP");
  EXPECT_EQ(options.ice, Ice::remove);
  EXPECT_TRUE(options.removes_rtcp_mux);
  EXPECT_TRUE(options.knows_load_limit);
  EXPECT_TRUE(options.protects_from_loops);
  EXPECT_TRUE(options.warnings.empty());
}

TEST(NgOptions, AnySpellingWillDo) {
  for (const char* flag : {"SIP source address", "SIP-source-address", "sip_source_address"}) {
    const Options options = Options::read(Value{Entries{{"flags", List{flag}}}});
    EXPECT_TRUE(options.trusts_only_source) << flag;
  }
  for (const char* key : {"delete delay", "delete-delay", "DELETE_DELAY"}) {
    EXPECT_EQ(Options::read(Value{Entries{{key, 7}}}).delete_delay.count(), 7) << key;
    EXPECT_EQ(Options::read(Value{Entries{{key, "7"}}}).delete_delay.count(), 7) << key;
  }
}

TEST(NgOptions, TheSameMayComeAsKeyFlagOrWord) {
  const struct {
    const char* name;
    Value request;
  } kCases[] = {
      {"key", Entries{{"ICE", "remove"}, {"direction", List{"a", "b"}}}},
      {"flags", Entries{{"flags", List{"ICE=remove", "direction=a", "direction=b"}}}},
      {"folded", Entries{{"flags", List{"ICE-remove", "direction=a", "direction=b"}}}},
      {"one string", Entries{{"rtpp-flags", "replace-origin ICE=remove direction=[a b] x=[ ] y"}}},
  };
  for (const auto& [name, request] : kCases) {
    const Options options = Options::read(request);
    EXPECT_EQ(options.ice, Ice::remove) << name;
    EXPECT_EQ(options.direction, (std::vector<std::string>{"a", "b"})) << name;
  }
}

TEST(NgOptions, ToTagIsAKeyAndAFlag) {
  const Value request{Entries{{"to-tag", "b"}, {"flags", List{"to-tag", "fatal"}}}};
  const Options options = Options::read(request);
  EXPECT_EQ(options.to_tag, "b");
  EXPECT_TRUE(options.matches_to_tag);
  EXPECT_TRUE(options.is_fatal);
  EXPECT_FALSE(Options::read(Value{Entries{{"to-tag", "b"}}}).matches_to_tag);
}

TEST(NgOptions, WhatIsUnknownOrOddIsIgnored) {
  const Value request{Entries{{"replace", List{"session-connection"}},
                              {"flags", List{"no-such-flag", 5, "="}},
                              {"sdp", 5},
                              {"ICE", "perhaps"},
                              {"received-from", List{"IP4", "host"}},
                              {"direction", List{"a", "b", "c"}},
                              {"limit", "many"},
                              {"rtpp-flags", "direction=[a"}}};
  const Options options = Options::read(request);
  EXPECT_TRUE(options.sdp.empty());
  EXPECT_EQ(options.ice, Ice::pass);
  EXPECT_FALSE(options.received_from);
  EXPECT_EQ(options.direction.size(), 2U);
  EXPECT_EQ(options.limit, 32U);
  EXPECT_FALSE(options.is_asymmetric) << "not a prefix of asymmetric-codecs";
}

TEST(NgOptions, WhatCannotBeHadIsSaidOnce) {
  const Options options =
      Options::read(Value{Entries{{"record call", "yes"},
                                  {"TOS", 184},
                                  {"flags", List{"codec-strip-opus", "codec-mask-all"}}}});
  EXPECT_EQ(options.warnings, (std::vector<std::string_view>{"TOS is left to the edge",
                                                             "codecs are passed as they are",
                                                             "recording is not supported"}));
}

TEST(NgOptions, FlagsBecomeTermsOfTheParty) {
  const Value source{Entries{{"received-from", List{"IP4", "203.0.113.5"}}}};
  EXPECT_EQ(Options::read(source).terms().place, Place::described_or_source);
  const Value only_source{Entries{{"received-from", List{"IP4", "203.0.113.5"}},
                                  {"flags", List{"SIP-source-address"}}}};
  EXPECT_EQ(Options::read(only_source).terms().place, Place::source);
  const Value nowhere{Entries{{"flags", List{"SIP-source-address"}}}};
  EXPECT_EQ(Options::read(nowhere).terms().place, Place::described_or_source)
      << "without received-from there is only the description";
  const Value asymmetric{Entries{{"flags", List{"asymmetric"}}}};
  EXPECT_TRUE(Options::read(asymmetric).terms().is_asymmetric);
  EXPECT_EQ(Options::read(source).terms().latching, std::nullopt);
}

/// docs/latching.md has this as a table.
TEST(NgOptions, EndpointLearningBecomesLatching) {
  struct Case {
    const char* flag;
    std::optional<Latching> latching;
    LatchTiming timing;
    Rebinding rebinding;
  };
  const auto none = std::nullopt;
  for (const Case& c :
       {Case{"trust-address", none, LatchTiming::immediate, Rebinding::same_stream},
        Case{"endpoint-learning=immediate", none, LatchTiming::immediate, Rebinding::same_stream},
        Case{"endpoint-learning=delayed", none, LatchTiming::delayed, Rebinding::same_stream},
        Case{"endpoint-learning-heuristic", none, LatchTiming::heuristic, Rebinding::same_stream},
        Case{"endpoint learning=off", Latching::strict, LatchTiming::immediate,
             Rebinding::same_stream},
        Case{"strict-source", none, LatchTiming::immediate, Rebinding::refused},
        Case{"media handover", none, LatchTiming::immediate, Rebinding::any_stream}}) {
    const Value request{Entries{{"flags", List{c.flag}}}};
    const auto terms = Options::read(request).terms();
    EXPECT_EQ(terms.latching, c.latching) << c.flag;
    EXPECT_EQ(terms.timing, c.timing) << c.flag;
    EXPECT_EQ(terms.rebinding, c.rebinding) << c.flag;
  }
  const Value both{Entries{{"flags", List{"media-handover", "strict-source"}}}};
  EXPECT_EQ(Options::read(both).terms().rebinding, Rebinding::refused);
  EXPECT_EQ(Options::read(both).warnings.size(), 1U) << "media-handover is not what it was";
}

}  // namespace
}  // namespace avedge::ng
