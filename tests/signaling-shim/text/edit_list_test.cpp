#include "signaling-shim/text/edit_list.h"

#include <gtest/gtest.h>

namespace avedge::text {
namespace {

TEST(EditList, NoEditsAreByteIdentical) {
  const std::string original = "Via: x\r\n y\r\n\r\n";
  const EditList edits{original};
  EXPECT_TRUE(edits.empty());
  EXPECT_EQ(edits.emit(), original);
}

TEST(EditList, ReplacingTextByItselfIsNoEdit) {
  const std::string original = "abc";
  EditList edits{original};
  edits.replace(std::string_view{original}.substr(1, 1), "b");
  EXPECT_TRUE(edits.empty());
}

TEST(EditList, EditsAreCarriedOutInTheOrderOfTheText) {
  const std::string original = "one two three";
  const std::string_view view = original;
  EditList edits{view};
  edits.replace(view.substr(8, 5), "3");
  edits.erase(view.substr(3, 4));
  edits.insert_before(view.substr(0, 3), "<");
  edits.insert_after(view, ">");
  EXPECT_EQ(edits.emit(), "<one 3>");
}

TEST(EditList, InsertionsAtOnePlaceKeepTheirOrderAndPrecedeTheReplacement) {
  const std::string original = "ab";
  const std::string_view view = original;
  EditList edits{view};
  edits.replace(view.substr(1, 1), "B");
  edits.insert_before(view.substr(1, 1), "1");
  edits.insert_before(view.substr(1, 1), "2");
  EXPECT_EQ(edits.emit(), "a12B");
}

TEST(EditList, SaysHowMuchAPartGrows) {
  const std::string text = "abcdefgh";
  const std::string_view view = text;
  EditList edits{view};
  edits.replace(view.substr(1, 2), "12345");
  edits.erase(view.substr(6, 1));
  edits.insert_after(view.substr(3, 1), "xy");
  EXPECT_EQ(edits.growth_of(view), 4);
  EXPECT_EQ(edits.growth_of(view.substr(0, 3)), 3);
  EXPECT_EQ(edits.growth_of(view.substr(5)), -1);
}

}  // namespace
}  // namespace avedge::text
