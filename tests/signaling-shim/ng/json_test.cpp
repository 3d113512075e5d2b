#include "signaling-shim/ng/json.h"

#include <gtest/gtest.h>

namespace avedge::ng {
namespace {

TEST(NgJson, ReadsWhatClientsSend) {
  const auto value = json::decode(
      R"({"command":"offer","sdp":"v=0\r\n","received-from":["IP4","192.0.2.1"],"n":-7,"on":true})");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value->find("command")->text(), "offer");
  EXPECT_EQ(*value->find("sdp")->text(), "v=0\r\n");
  EXPECT_EQ(value->find("received-from")->list()->at(1), Value{"192.0.2.1"});
  EXPECT_EQ(*value->find("n")->number(), -7);
  EXPECT_EQ(*value->find("on")->number(), 1);
}

TEST(NgJson, RefusesWhatIsNoObject) {
  std::string deep = R"({"a":)";
  for (std::size_t i = 0; i < kMaxDepth + 1; ++i) deep += '[';
  std::string many = R"({"a":[)";
  for (std::size_t i = 0; i < kMaxValues; ++i) many += "0,";
  const struct {
    const char* name;
    std::string text;
  } kCases[] = {
      {"nothing", ""},
      {"a text", R"("ping")"},
      {"a list", R"(["ping"])"},
      {"no end", R"({"command":"ping")"},
      {"trailing bytes", R"({"command":"ping"} x)"},
      {"single quotes", "{'command':'ping'}"},
      {"a fraction", R"({"a":1.5})"},
      {"number beyond 64 bits", R"({"a":9223372036854775808})"},
      {"no UTF-8", "{\"a\":\"\xff\"}"},
      {"too deep", deep},
      {"too many values", many + "0]}"},
  };
  for (const auto& [name, text] : kCases) EXPECT_FALSE(json::decode(text).ok()) << name;
}

TEST(NgJson, WritesEveryKindOfValueInItsOrder) {
  const Value value{Value::Dictionary{{"z", "a\r\n"},
                                      {"number", -5},
                                      {"list", Value::List{"x", 0}},
                                      {"empty", Value::Dictionary{}}}};
  EXPECT_EQ(json::encode(value), R"({"z":"a\r\n","number":-5,"list":["x",0],"empty":{}})");
}

TEST(NgJson, BytesThatAreNoUtf8AreReplaced) {
  const Value value{Value::Dictionary{{"a", "\xff"}}};
  EXPECT_EQ(json::encode(value), "{\"a\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace avedge::ng
