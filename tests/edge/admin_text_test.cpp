#include "edge/admin_text.h"

#include <gtest/gtest.h>

namespace avedge::edge {
namespace {

using nlohmann::json;

TEST(AdminText, AlignsAnObject) {
  EXPECT_EQ(readable({{"version", "0.1.0"}, {"draining", false}, {"user", nullptr}}),
            "draining  false\n"
            "user      -\n"
            "version   0.1.0\n");
}

TEST(AdminText, IndentsWhatIsInside) {
  EXPECT_EQ(readable(json::parse(R"({"ports": {"in_use": 3, "capacity": 10}})")),
            "ports\n"
            "  capacity  10\n"
            "  in_use    3\n");
}

TEST(AdminText, MakesTables) {
  EXPECT_EQ(readable(json::parse(R"([{"kind": "allocation", "packets": 12},
                                     {"kind": "call", "state": "up"}])")),
            "kind        packets  state\n"
            "allocation  12       -\n"
            "call        -        up\n");
}

TEST(AdminText, SaysNone) {
  EXPECT_EQ(readable(json::array()), "none\n");
}

TEST(AdminText, KeepsControlCharactersFromTheTerminal) {
  EXPECT_EQ(readable({{"user", "\x1b[2J\n"}}), "user  \"\\u001b[2J\\n\"\n");
  EXPECT_EQ(readable({{"user", "\xc2\x9b"}}), "user  \"\\u009b\"\n");
  EXPECT_EQ(readable({{"user", "\xff"}}), "user  \"\\ufffd\"\n");
}

}  // namespace
}  // namespace avedge::edge
