#include "signaling-shim/sip/list_header.h"

#include <algorithm>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

void append_items(const HeaderLine& line, std::vector<ListItem>& items) {
  std::size_t begin = 0;
  while (begin <= line.value.size()) {
    const std::size_t comma = find_outside_quotes(line.value, ',', begin);
    const std::size_t end = comma == std::string_view::npos ? line.value.size() : comma;
    const std::string_view value = trim(line.value.substr(begin, end - begin));
    if (!value.empty()) items.push_back({value, &line});
    begin = end + 1;
  }
}

std::string_view from_to(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

const char* end_of(std::string_view text) {
  return text.data() + text.size();
}

/// Items [first, last) of one line whose items are [line_first, line_last).
void erase_within_line(const std::vector<ListItem>& items, std::size_t line_first,
                       std::size_t line_last, std::size_t first, std::size_t last,
                       text::EditList& edits) {
  const std::string_view value = items[line_first].line->value;
  if (first == line_first && last == line_last) {
    edits.erase(items[line_first].line->line);
  } else if (last == line_last) {
    edits.erase(from_to(end_of(items[first - 1].value), end_of(value)));
  } else {
    edits.erase(from_to(items[first].value.data(), items[last].value.data()));
  }
}

}  // namespace

std::vector<ListItem> list_items(const HeaderIndex& header_index, HeaderId id) {
  std::vector<ListItem> items;
  for (const HeaderLine& line : header_index.headers()) {
    if (line.id == id) append_items(line, items);
  }
  return items;
}

void erase_items(const std::vector<ListItem>& items, std::size_t first, std::size_t last,
                 text::EditList& edits) {
  std::size_t line_first = 0;
  while (line_first < last) {
    std::size_t line_last = line_first;
    while (line_last < items.size() && items[line_last].line == items[line_first].line) ++line_last;
    const std::size_t from = std::max(first, line_first);
    const std::size_t to = std::min(last, line_last);
    if (from < to) erase_within_line(items, line_first, line_last, from, to, edits);
    line_first = line_last;
  }
}

}  // namespace avedge::sip
