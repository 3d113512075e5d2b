// Headers that are lists: Via, Route, Record-Route. One line may hold several values, several lines
// may hold one list (RFC 3261 §7.3.1); here it is one list, and values are removed completely.
#pragma once

#include <string_view>
#include <vector>

#include "signaling-shim/sip/header_index.h"
#include "signaling-shim/text/edit_list.h"

namespace avedge::sip {

struct ListItem {
  std::string_view value;
  /// The field that contains it; lives as long as the HeaderIndex.
  const HeaderLine* line = nullptr;
};

/// All values in order, however they are spread over lines. Empty elements are skipped.
std::vector<ListItem> list_items(const HeaderIndex& header_index, HeaderId id);

/// Removes items [first, last) from the message: with their comma, or with the whole line when it
/// becomes empty. `items` is the complete list.
void erase_items(const std::vector<ListItem>& items, std::size_t first, std::size_t last,
                 text::EditList& edits);

}  // namespace avedge::sip
