// Whatever passes the edge leaves as it came, outside the spans that a proxy must edit.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/signaling-shim/sip/torture_messages.h"

namespace avedge::sip {
namespace {

using testing::kAlice;
using testing::kBob;
using testing::NamedMessage;
using testing::Proxy;
using testing::two_sided;
using testing::view_of;

std::vector<NamedMessage> corpus() {
  auto all = testing::torture_forms();
  for (NamedMessage& message : testing::quirky_requests()) all.push_back(std::move(message));
  return all;
}

/// Anything may be asked of the route that matches any domain.
Settings open_settings() {
  Settings settings = two_sided();
  settings.routes[0].domain.reset();
  return settings;
}

/// The header fields whose bytes must survive: all but the topmost Via and Max-Forwards.
std::vector<std::string> untouchable(const View& view, std::size_t first_field,
                                     std::string_view top_via) {
  std::vector<std::string> lines;
  for (std::size_t i = first_field; i < view.header_index().headers().size(); ++i) {
    const HeaderLine& header = view.header_index().headers()[i];
    std::string line{header.line};
    if (header.id == HeaderId::max_forwards) continue;
    if (header.line.find(top_via) != std::string_view::npos) {
      line.erase(line.find(top_via), top_via.size());
    }
    lines.push_back(line);
  }
  return lines;
}

class BytePreservation : public ::testing::TestWithParam<NamedMessage> {};

TEST_P(BytePreservation, WithoutEditsTheOutputIsTheInput) {
  const std::string& message = GetParam().text;
  const View view = view_of(message);
  EXPECT_EQ(text::EditList{view.text()}.emit(), message);
}

TEST_P(BytePreservation, ARequestKeepsAllButViaAndMaxForwards) {
  const std::string& message = GetParam().text;
  Proxy proxy{open_settings()};
  const Outbox out = proxy.receive(kAlice, message);
  ASSERT_FALSE(out.empty());
  const std::string& forwarded = out.back().bytes;
  const View before = view_of(message);
  const View after = view_of(forwarded);
  ASSERT_TRUE(after.is_request()) << forwarded;

  EXPECT_EQ(after.header_index().start_line(), before.header_index().start_line());
  EXPECT_EQ(after.body(), before.body());
  EXPECT_EQ(*after.max_forwards(), *before.max_forwards() - 1);
  const std::size_t added =
      after.header_index().headers().size() - before.header_index().headers().size();
  for (std::size_t i = 0; i < added; ++i) {
    const HeaderId id = after.header_index().headers()[i].id;
    EXPECT_TRUE(id == HeaderId::via || id == HeaderId::record_route) << forwarded;
  }
  ASSERT_GE(after.vias().size(), 2U);
  const std::string_view completed = after.vias()[1].value;
  EXPECT_EQ(untouchable(after, added, completed), untouchable(before, 0, before.via().value))
      << forwarded;
  // Completed at its end or within its own rport: nothing of it is gone.
  const std::string_view original = before.via().value;
  std::size_t kept = 0;
  for (const char c : completed) kept += kept < original.size() && original[kept] == c ? 1 : 0;
  EXPECT_EQ(kept, original.size()) << completed;
}

TEST_P(BytePreservation, AResponseKeepsAllButOurVia) {
  Proxy proxy{open_settings()};
  const std::string forwarded = proxy.receive(kAlice, GetParam().text).back().bytes;
  const View request = view_of(forwarded);
  std::string answer = "SIP/2.0 404 \xC3\x84hm   nothing\r\n";
  for (const HeaderLine& header : request.header_index().headers()) {
    if (header.id != HeaderId::max_forwards) answer += header.line;
  }
  answer += "\r\n" + std::string{request.body()};
  const std::string our_via{request.header_index().headers()[0].line};
  std::string expected = answer;
  expected.erase(expected.find(our_via), our_via.size());
  const Outbox out = proxy.receive(kBob, answer);
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(out.back().bytes, expected);
}

std::string name_of(const ::testing::TestParamInfo<NamedMessage>& message) {
  std::string name = message.param.name;
  const auto is_no_letter = [](unsigned char c) { return std::isalnum(c) == 0; };
  std::replace_if(name.begin(), name.end(), is_no_letter, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Corpus, BytePreservation, ::testing::ValuesIn(corpus()), name_of);

TEST(BytePreservationCorpus, IsLargeEnough) {
  EXPECT_GE(corpus().size(), 200U);
}

}  // namespace
}  // namespace avedge::sip
