#include "signaling-shim/trace/message_parts.h"

#include <gtest/gtest.h>

namespace avedge::trace {
namespace {

struct SplitCase {
  const char* name;
  std::string_view message;
  std::string_view start_line;
  std::string_view fields;
  std::string_view body;
};

class Splitting : public ::testing::TestWithParam<SplitCase> {};

TEST_P(Splitting, FindsThePartsOfAnyText) {
  const MessageParts parts = split_message(GetParam().message);
  EXPECT_EQ(parts.start_line, GetParam().start_line);
  EXPECT_EQ(parts.fields, GetParam().fields);
  EXPECT_EQ(parts.body, GetParam().body);
}

INSTANTIATE_TEST_SUITE_P(
    Messages, Splitting,
    ::testing::Values(
        SplitCase{"Whole", "BYE a SIP/2.0\r\nTo: b\r\n\r\nbody\r\n", "BYE a SIP/2.0", "To: b\r\n",
                  "body\r\n"},
        SplitCase{"NoBody", "BYE a SIP/2.0\r\nTo: b\r\n\r\n", "BYE a SIP/2.0", "To: b\r\n", ""},
        SplitCase{"EmptyLinesInFront", "\r\n\r\nBYE a SIP/2.0\r\n\r\nx", "BYE a SIP/2.0", "", "x"},
        SplitCase{"BareLineFeeds", "BYE a\nTo: b\n\nbody", "BYE a", "To: b\n", "body"},
        SplitCase{"EndsInAField", "BYE a\r\nTo: b", "BYE a", "To: b", ""},
        SplitCase{"OnlyAStartLine", "BYE a", "BYE a", "", ""}, SplitCase{"Nothing", "", "", "", ""},
        SplitCase{"OnlyLineEnds", "\r\n\r\n", "", "", ""}),
    [](const auto& one) { return one.param.name; });

TEST(Fields, AreTakenWithTheirFolds) {
  std::string_view rest = "Subject : one\r\n two\r\n\tthree\r\nTo: bob\r\nnonsense";
  const Field subject = take_field(rest);
  EXPECT_EQ(subject.name, "Subject");
  EXPECT_EQ(subject.value, "one\r\n two\r\n\tthree");
  EXPECT_EQ(subject.line, "Subject : one\r\n two\r\n\tthree");
  EXPECT_EQ(take_field(rest).value, "bob");
  const Field nonsense = take_field(rest);
  EXPECT_EQ(nonsense.name, "");
  EXPECT_EQ(nonsense.line, "nonsense");
  EXPECT_TRUE(rest.empty());
}

TEST(Fields, AreFoundByLongAndCompactName) {
  constexpr std::string_view kFields = "v: one\r\nCALL-ID: two\r\ni: three\r\n";
  EXPECT_EQ(find_field(kFields, "Call-ID", 'i'), "two");
  EXPECT_EQ(find_field(kFields, "Via", 'v'), "one");
  EXPECT_EQ(find_field(kFields, "Contact", 'm'), std::nullopt);
}

TEST(Text, IsComparedWithoutCase) {
  EXPECT_TRUE(text::equals_ignoring_case("Call-ID", "call-id"));
  EXPECT_FALSE(text::equals_ignoring_case("Call-ID", "call-i"));
  EXPECT_TRUE(begins_with("INLINE:abc", "inline:"));
  EXPECT_FALSE(begins_with("inl", "inline:"));
  EXPECT_EQ(find_text("a SIPS:b sips:c", "sips:", 3), 9U);
  EXPECT_EQ(find_text("abc", "d"), std::string_view::npos);
  EXPECT_EQ(find_text("abc", "a", 7), std::string_view::npos);
}

}  // namespace
}  // namespace avedge::trace
