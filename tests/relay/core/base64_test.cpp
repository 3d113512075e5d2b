#include "relay/core/base64.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace avedge {
namespace {

using Form = Base64Form;

std::optional<std::string> into_buffer(std::string_view text, std::size_t room) {
  std::array<std::byte, 16> buffer{};
  const auto bytes = decode_base64(text, Bytes{buffer}.first(room), Form::optional_padding);
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
  for (const auto& [text, bytes] : vectors) {
    EXPECT_EQ(encode_base64(bytes_of(bytes), Form::padded), text);
    for (const Form form : {Form::padded, Form::optional_padding, Form::lenient}) {
      EXPECT_EQ(decode_base64(text, form), bytes) << text;
    }
    const std::string_view digits = text.substr(0, text.find('='));
    EXPECT_EQ(encode_base64(bytes_of(bytes), Form::optional_padding), digits);
    EXPECT_EQ(encode_base64(bytes_of(bytes), Form::url), digits);
    EXPECT_EQ(decode_base64(digits, Form::url), bytes);
  }
}

TEST(Base64, PaddingIsRequiredOptionalOrForbidden) {
  for (const std::string_view text : {"Zg", "Zm8"}) {
    EXPECT_FALSE(decode_base64(text, Form::padded)) << text;
    EXPECT_TRUE(decode_base64(text, Form::optional_padding)) << text;
    EXPECT_TRUE(decode_base64(text, Form::lenient)) << text;
  }
  EXPECT_FALSE(decode_base64("Zg==", Form::url));
  EXPECT_EQ(decode_base64("Zg===", Form::lenient), "f");
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const std::string_view text : {"Z", "Zg=", "Zg===", "Zm9v=", "Zm9v==", "Zh==", "Zm9=",
                                      "Z g=", "Zm-_", "=", "==", "Zg==Zg==", "Zm9vY"}) {
    EXPECT_FALSE(decode_base64(text, Form::padded)) << text;
    EXPECT_FALSE(decode_base64(text, Form::optional_padding)) << text;
  }
  for (const std::string_view text : {"Z", "Zh", "Zm9", "Zm+/", "Zm9vY"}) {
    EXPECT_FALSE(decode_base64(text, Form::url)) << text;
  }
}

TEST(Base64, LenientIgnoresUnusedBits) {
  EXPECT_EQ(decode_base64("Zh==", Form::lenient), "f");
  EXPECT_EQ(decode_base64("Zm9", Form::lenient), "fo");
  EXPECT_FALSE(decode_base64("Zm9vY", Form::lenient)) << "a single digit is no byte";
}

TEST(Base64, EveryByteGoesThereAndBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    for (const Form form : {Form::padded, Form::optional_padding, Form::lenient, Form::url}) {
      EXPECT_EQ(decode_base64(encode_base64(bytes_of(bytes), form), form), bytes);
    }
    bytes += static_cast<char>(i);
  }
}

TEST(Base64, Rfc4648_5_UrlHasDigitsOfItsOwn) {
  EXPECT_EQ(encode_base64(bytes_of("\xff\xef"), Form::url), "_-8");
  EXPECT_EQ(encode_base64(bytes_of("\xff\xef"), Form::padded), "/+8=");
  EXPECT_FALSE(decode_base64("a+b", Form::url));
}

TEST(Base64, NeverWritesBehindTheBuffer) {
  EXPECT_EQ(into_buffer("Zm9vYmFy", 6), "foobar");
  EXPECT_EQ(into_buffer("Zm9vYmFy", 5), std::nullopt);
  EXPECT_EQ(into_buffer("Zg==", 0), std::nullopt);
}

}  // namespace
}  // namespace avedge
