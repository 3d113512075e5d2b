#include "signaling-shim/sip/view.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using testing::wire;

constexpr std::string_view kMandatory =
    "Via: SIP/2.0/UDP a.example;branch=z9hG4bK1\n"
    "From: <sip:a@a.example>;tag=1\n"
    "To: <sip:b@b.example>\n"
    "Call-ID: x\n"
    "CSeq: 7 OPTIONS\n";

std::string options(std::string_view headers, std::string_view rest = "\n") {
  return wire("OPTIONS sip:b@b.example SIP/2.0\n" + std::string{headers} + std::string{rest});
}

TEST(View, ReadsWhatAProxyNeeds) {
  const std::string text = testing::invite();
  const View view = testing::view_of(text);
  EXPECT_TRUE(view.is_request());
  EXPECT_EQ(view.method(), Method::invite);
  EXPECT_EQ(view.request_uri(), "sip:bob@inside.example");
  EXPECT_EQ(view.cseq(), 1U);
  EXPECT_EQ(view.call_id(), "call-1@198.51.100.9");
  EXPECT_EQ(view.from_tag(), "a1");
  EXPECT_EQ(view.to_tag(), "");
  EXPECT_EQ(view.max_forwards(), 70U);
  EXPECT_EQ(view.via().branch(), "z9hG4bKalice1");
  EXPECT_EQ(view.via().sent_by.port, Port{5062});
  EXPECT_EQ(view.content_type(), "application/sdp");
  EXPECT_EQ(view.body(), "v=0 SDP of Alice");
  EXPECT_EQ(view.text(), text);
}

// Everything the grammar allows at once: compact names, blanks before colons, folds, blanks inside
// Via, an escaped quote and a bracket in a display name, parameters nobody knows.
TEST(View, Rfc4475_3_1_1_ReadsAShortTortuousMessage) {
  const std::string text = wire(
      "INVITE sip:vivekg@chair.example;unknownparam SIP/2.0\n"
      "TO :\n sip:vivekg@chair.example ;   tag    = 1918181833n\n"
      "f: \"J \\\\\\\" <Rose\"   <sip:jdr@example.com>\n  ;\n  tag = 98asjd8\n"
      "MaX-fOrWaRdS: 0068\n"
      "i: wsinv.ndaksdj@192.0.2.1\n"
      "cseq: 0009\n  INVITE\n"
      "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n"
      "  branch  =   z9hG4bK9ikj8  ,\n"
      " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n"
      "NewFangledHeader:   newfangled value\n continued newfangled value\n"
      "UnknownHeaderWithUnusualValue: ;;,,;;,;\n"
      "l: 2\n\nok");
  const View view = testing::view_of(text);
  EXPECT_EQ(view.to_tag(), "1918181833n");
  EXPECT_EQ(view.from_tag(), "98asjd8");
  EXPECT_EQ(view.max_forwards(), 68U);
  EXPECT_EQ(view.cseq(), 9U);
  EXPECT_EQ(view.via().transport, "TCP");
  EXPECT_EQ(view.via().sent_by.host, "spindle.example.com");
  EXPECT_EQ(view.via().branch(), "z9hG4bK9ikj8");
  ASSERT_EQ(view.vias().size(), 2U);
  EXPECT_EQ(Via::parse(view.vias()[1].value)->branch(), "z9hG4bK30239");
  EXPECT_EQ(view.body(), "ok");
}

TEST(View, ReadsAResponse) {
  const std::string text = wire("SIP/2.0 183 \n" + std::string{kMandatory} +
                                "Require: foo, 100REL\nContent-Length: 0\n\n");
  const View view = testing::view_of(text);
  EXPECT_FALSE(view.is_request());
  EXPECT_EQ(view.status(), 183);
  EXPECT_EQ(view.method(), Method::options);
  EXPECT_TRUE(view.requires_100rel());
}

TEST(View, Rfc3261_18_3_BytesBehindContentLengthAreCutOffADatagram) {
  const std::string text = options(std::string{kMandatory} + "Content-Length: 2\n", "\nokTRAIL");
  const View view = testing::view_of(text);
  EXPECT_EQ(view.body(), "ok");
  EXPECT_EQ(view.text().substr(view.text().size() - 2), "ok");
}

TEST(View, Rfc3261_7_5_LineEndsBeforeTheStartLineAreSkipped) {
  const std::string text = "\r\n\r\n" + options(kMandatory);
  EXPECT_EQ(testing::view_of(text).text(), options(kMandatory));
}

struct Malformed {
  const char* name;
  std::string message;
};

class ViewRefuses : public ::testing::TestWithParam<Malformed> {};

TEST_P(ViewRefuses, Malformed) {
  const auto view = View::parse(GetParam().message, Framing::datagram);
  ASSERT_FALSE(view.ok());
  EXPECT_EQ(view.reason(), DropReason::sip_malformed);
}

std::string without(std::string_view name) {
  std::string headers{kMandatory};
  const std::size_t at = headers.find(std::string{name} + ":");
  return headers.erase(at, headers.find('\n', at) + 1 - at);
}

std::string replaced(std::string_view what, std::string_view with) {
  std::string headers{kMandatory};
  return headers.replace(headers.find(what), what.size(), with);
}

INSTANTIATE_TEST_SUITE_P(
    Messages, ViewRefuses,
    ::testing::Values(
        Malformed{"Empty", ""}, Malformed{"NoHeaders", "OPTIONS sip:b@b SIP/2.0\r\n\r\n"},
        Malformed{"NoVia", options(without("Via"))}, Malformed{"NoFrom", options(without("From"))},
        Malformed{"NoTo", options(without("To"))},
        Malformed{"NoCallId", options(without("Call-ID"))},
        Malformed{"NoCSeq", options(without("CSeq"))},
        Malformed{"CSeqOfAnotherMethod", options(replaced("7 OPTIONS", "7 INVITE"))},
        Malformed{"CSeqTooLarge", options(replaced("7 OPTIONS", "2147483648 OPTIONS"))},
        Malformed{"CSeqNegative", options(replaced("7 OPTIONS", "-1 OPTIONS"))},
        Malformed{"TwoCallIds", options(std::string{kMandatory} + "i: y\n")},
        Malformed{"TwoFroms", options(std::string{kMandatory} + "f: <sip:c@c>;tag=2\n")},
        Malformed{"TwoContentLengths",
                  options(std::string{kMandatory} + "Content-Length: 0\nl: 0\n")},
        Malformed{
            "SecondLengthHiddenByABlank",
            options(std::string{kMandatory} + "Content-Length: 0\nContent-Length : 2\n", "\nok")},
        Malformed{"LengthBeyondDatagram",
                  options(std::string{kMandatory} + "Content-Length: 3\n", "\nok")},
        Malformed{"LengthNegative", options(std::string{kMandatory} + "Content-Length: -1\n")},
        Malformed{"LengthNoNumber", options(std::string{kMandatory} + "Content-Length: 1x\n")},
        Malformed{"LengthHuge",
                  options(std::string{kMandatory} + "Content-Length: 18446744073709551618\n")},
        Malformed{"MaxForwardsTooLarge", options(std::string{kMandatory} + "Max-Forwards: 256\n")},
        Malformed{"HeaderWithoutColon", options(std::string{kMandatory} + "Nonsense\n")},
        Malformed{"HeaderNameWithBlank", options(std::string{kMandatory} + "Ro ute: <sip:x>\n")},
        Malformed{"FoldBeforeFirstHeader", options(" folded\n" + std::string{kMandatory})},
        Malformed{"NoEmptyLine", options(kMandatory, "")},
        Malformed{"BareLineFeed", wire("OPTIONS sip:b@b SIP/2.0\n" + std::string{kMandatory}) +
                                      "A: b\nC: d\r\n\r\n"},
        Malformed{
            "BareCarriageReturn",
            wire("OPTIONS sip:b@b SIP/2.0\n" + std::string{kMandatory}) + "A: b\rC: d\r\n\r\n"},
        Malformed{"NulInHeader", wire("OPTIONS sip:b@b SIP/2.0\n" + std::string{kMandatory}) +
                                     std::string{"A: b\0c\r\n\r\n", 10}},
        Malformed{"TwoBlanksInRequestLine",
                  wire("OPTIONS  sip:b@b SIP/2.0\n") + wire(kMandatory) + "\r\n"},
        Malformed{"BlankInRequestUri",
                  wire("OPTIONS sip:b@b; x SIP/2.0\n") + wire(kMandatory) + "\r\n"},
        Malformed{"BracketsAroundRequestUri",
                  wire("OPTIONS <sip:b@b> SIP/2.0\n") + wire(kMandatory) + "\r\n"},
        Malformed{"AnotherVersion", wire("OPTIONS sip:b@b SIP/7.0\n") + wire(kMandatory) + "\r\n"},
        Malformed{"MethodNoToken", wire("OPT@NS sip:b@b SIP/2.0\n") + wire(kMandatory) + "\r\n"},
        Malformed{"StatusTooLarge", wire("SIP/2.0 4294967301 ok\n") + wire(kMandatory) + "\r\n"},
        Malformed{"StatusTooSmall", wire("SIP/2.0 099 ok\n") + wire(kMandatory) + "\r\n"},
        Malformed{"ViaWithoutHost", options(replaced("UDP a.example", "UDP "))},
        Malformed{"ViaPortTooLarge", options(replaced("a.example", "a.example:70000"))},
        Malformed{"FromUnfinishedQuote", options(replaced("<sip:a@a.example>", "\"a <sip:a@a>"))},
        Malformed{"ToUnfinishedBracket", options(replaced("<sip:b@b.example>", "<sip:b@b"))}),
    [](const auto& test) { return test.param.name; });

TEST(View, AStreamNeedsContentLength) {
  EXPECT_FALSE(View::parse(options(kMandatory), Framing::stream).ok());
  EXPECT_TRUE(View::parse(options(std::string{kMandatory} + "l: 0\n"), Framing::stream).ok());
}

TEST(View, RefusesTooManyHeadersAndTooManyBytes) {
  std::string many{kMandatory};
  for (std::size_t i = 0; i < kMaxHeaderLines; ++i) many += "X: y\n";
  EXPECT_EQ(View::parse(options(many), Framing::datagram).reason(), DropReason::sip_too_large);
  const std::string large =
      options(std::string{kMandatory} + "X: " + std::string(70'000, 'y') + "\n");
  EXPECT_EQ(View::parse(large, Framing::datagram).reason(), DropReason::sip_too_large);
}

// No prefix of a message is a message, and none of them crashes.
TEST(View, NoPrefixPasses) {
  const std::string text = testing::invite();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(View::parse(std::string_view{text}.substr(0, size), Framing::datagram).ok())
        << size;
  }
}

TEST(Uri, IsReadInItsParts) {
  const auto uri =
      Uri::parse("sips:alice;day=tue?x:pw@[2001:db8::1]:5061;transport=tcp;LR?Subject=a");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, "alice;day=tue?x:pw");
  EXPECT_EQ(uri->location.address(), IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(uri->location.port, Port{5061});
  EXPECT_EQ(uri->parameters.value("transport"), "tcp");
  EXPECT_TRUE(uri->parameters.has("lr"));
  EXPECT_FALSE(uri->parameters.has("subject"));
}

TEST(Uri, OtherSchemesAreOpaque) {
  const auto uri = Uri::parse("tel:+1-201-555-0123");
  ASSERT_TRUE(uri);
  EXPECT_FALSE(uri->is_sip());
}

TEST(Uri, RefusesWhatIsAmbiguous) {
  for (const char* text : {"", "sip:", "bob@b.example", "sip:a@b@c", "sip:b example", "sip:a@[::1",
                           "sip:a@b:0", "sip:a@b:", "sip:a@b:5060x", "sip:<b>"}) {
    EXPECT_FALSE(Uri::parse(text)) << text;
  }
}

TEST(ListHeader, SplitsOutsideQuotesAndBrackets) {
  const std::string text = options(std::string{kMandatory} +
                                   "Route: \"a,b\" <sip:a,1@x;lr>, ,<sip:b>\nRoute: <sip:c>\n");
  const View view = testing::view_of(text);
  EXPECT_EQ(testing::values_of(view, HeaderId::route),
            (std::vector<std::string>{"\"a,b\" <sip:a,1@x;lr>", "<sip:b>", "<sip:c>"}));
}

// Whatever range is taken out of whatever layout of lines, the others remain, and nothing else
// does.
TEST(ListHeader, ErasesAnyRange) {
  for (const std::string layout : {"1,2,3,4", "1, 2\nRoute: 3 ,4",
                                   "1\nRoute: 2\nRoute: 3\nRoute: 4", "1\nRoute: 2,3\nRoute: 4"}) {
    const std::string text = options(std::string{kMandatory} + "Route: " + layout + "\n");
    const auto header_index = HeaderIndex::parse(text);
    ASSERT_TRUE(header_index.ok());
    const auto items = list_items(*header_index, HeaderId::route);
    ASSERT_EQ(items.size(), 4U);
    for (std::size_t first = 0; first <= 4; ++first) {
      for (std::size_t last = first; last <= 4; ++last) {
        text::EditList edits{text};
        erase_items(items, first, last, edits);
        const std::string left = edits.emit();
        const auto again = HeaderIndex::parse(left);
        ASSERT_TRUE(again.ok()) << left;
        std::string values;
        for (const ListItem& item : list_items(*again, HeaderId::route)) values += item.value;
        EXPECT_EQ(values, std::string{"1234"}.erase(first, last - first)) << left;
        EXPECT_EQ(left.find(",\r"), std::string::npos) << left;
        EXPECT_EQ(left.find("Route: \r"), std::string::npos) << left;
      }
    }
  }
}

}  // namespace
}  // namespace avedge::sip
