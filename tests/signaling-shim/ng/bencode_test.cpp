#include "signaling-shim/ng/bencode.h"

#include <gtest/gtest.h>

namespace avedge::ng {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(NgBencode, ReadsWhatClientsSend) {
  const auto value = bencode::decode(
      "d7:command5:offer3:sdp5:v=0\r\n13:received-froml3:IP49:192.0.2.1e6:numberi-7ee");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value->find("command")->text(), "offer");
  EXPECT_EQ(*value->find("sdp")->text(), "v=0\r\n");
  EXPECT_EQ(value->find("received-from")->list()->at(1), Value{"192.0.2.1"});
  EXPECT_EQ(*value->find("number")->number(), -7);
  EXPECT_EQ(value->find("absent"), nullptr);
}

TEST(NgBencode, KeysNeedNoOrder) {
  const auto value = bencode::decode("d1:b1:x1:a1:ye");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(bencode::encode(*value), "d1:b1:x1:a1:ye");
}

TEST(NgBencode, OfTwoEqualKeysTheFirstCounts) {
  const auto value = bencode::decode("d1:a1:x1:a1:ye");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value->find("a")->text(), "x");
}

TEST(NgBencode, RefusesWhatContradictsItself) {
  const struct {
    const char* name;
    std::string bytes;
  } kCases[] = {
      {"nothing", ""},
      {"no dictionary", "4:ping"},
      {"a list", "l4:pinge"},
      {"no end", "d7:command4:ping"},
      {"no end of a list", "d1:al1:be"},
      {"trailing bytes", "d1:a1:be "},
      {"key without a value", "d1:ae"},
      {"number as key", "di1e1:ae"},
      {"text longer than the message", "d1:a9:be"},
      {"length that wraps", "d18446744073709551615:ae"},
      {"length beyond any number", "d99999999999999999999999:ae"},
      {"negative length", "d-1:ae"},
      {"length with a leading zero", "d01:a1:be"},
      {"length without an end", "d1"},
      {"empty number", "d1:aiee"},
      {"number with a leading zero", "d1:ai01ee"},
      {"minus zero", "d1:ai-0ee"},
      {"number beyond 64 bits", "d1:ai9223372036854775808ee"},
      {"number without an end", "d1:ai1"},
      {"too deep", "d1:a" + repeated("l", kMaxDepth + 1) + repeated("e", kMaxDepth + 2)},
      {"far too deep", "d1:a" + repeated("l", 60000)},
      {"too many values", "d1:al" + repeated("0:", kMaxValues + 1) + "ee"},
  };
  for (const auto& [name, bytes] : kCases) {
    const auto value = bencode::decode(bytes);
    ASSERT_FALSE(value.ok()) << name;
    EXPECT_EQ(value.reason(), DropReason::ng_malformed) << name;
  }
}

TEST(NgBencode, WritesEveryKindOfValue) {
  const Value value{Value::Dictionary{{"text", "a b"},
                                      {"number", -5},
                                      {"list", Value::List{"x", 0}},
                                      {"empty", Value::Dictionary{}}}};
  EXPECT_EQ(bencode::encode(value), "d4:text3:a b6:numberi-5e4:listl1:xi0ee5:emptydee");
}

}  // namespace
}  // namespace avedge::ng
