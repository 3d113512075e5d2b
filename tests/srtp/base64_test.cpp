#include "srtp/base64.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace avedge::srtp {
namespace {

std::optional<std::string> decoded(std::string_view text, std::size_t room = 16) {
  std::array<std::byte, 16> buffer{};
  const auto bytes = decode_base64(text, Bytes{buffer}.first(room));
  if (!bytes) return std::nullopt;
  return std::string{text_of(*bytes)};
}

TEST(Base64, Rfc4648_10_TestVectors) {
  const std::array<std::pair<std::string_view, std::string_view>, 7> vectors{
      {{"", ""},
       {"Zg==", "f"},
       {"Zm8=", "fo"},
       {"Zm9v", "foo"},
       {"Zm9vYg==", "foob"},
       {"Zm9vYmE=", "fooba"},
       {"Zm9vYmFy", "foobar"}}};
  for (const auto& [text, bytes] : vectors) EXPECT_EQ(decoded(text), bytes) << text;
}

TEST(Base64, PaddingMayBeMissing) {
  EXPECT_EQ(decoded("Zg"), "f");
  EXPECT_EQ(decoded("Zm8"), "fo");
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const std::string_view text : {"Z", "Zg=", "Zg===", "Zm9v=", "Zm9v==", "Zh==", "Zm9=",
                                      "Z g=", "Zm-_", "=", "==", "Zg==Zg==", "Zm9vY"}) {
    EXPECT_EQ(decoded(text), std::nullopt) << text;
  }
}

TEST(Base64, NeverWritesBehindTheBuffer) {
  EXPECT_EQ(decoded("Zm9vYmFy", 6), "foobar");
  EXPECT_EQ(decoded("Zm9vYmFy", 5), std::nullopt);
  EXPECT_EQ(decoded("Zg==", 0), std::nullopt);
}

}  // namespace
}  // namespace avedge::srtp
