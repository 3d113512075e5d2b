#include "signaling-shim/text/edit_list.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace avedge::text {

void EditList::replace(std::string_view span, std::string text) {
  if (span.empty() || span == text) return;
  add(span, std::move(text));
}

void EditList::insert_before(std::string_view span, std::string text) {
  if (text.empty()) return;
  add(span.substr(0, 0), std::move(text));
}

std::string EditList::emit() const {
  std::string result;
  std::size_t size = original_.size();
  for (const Edit& edit : edits_) size += edit.text.size();
  result.reserve(size);
  std::size_t copied = 0;
  for (const Edit* edit : in_order()) {
    assert(edit->offset >= copied && "edits overlap");
    result.append(original_, copied, edit->offset - copied);
    result.append(edit->text);
    copied = edit->offset + edit->size;
  }
  result.append(original_, copied);
  return result;
}

std::ptrdiff_t EditList::growth_of(std::string_view part) const {
  const std::size_t begin = offset_of(part);
  std::ptrdiff_t growth = 0;
  for (const Edit& edit : edits_) {
    if (edit.offset < begin || edit.offset + edit.size > begin + part.size()) continue;
    growth +=
        static_cast<std::ptrdiff_t>(edit.text.size()) - static_cast<std::ptrdiff_t>(edit.size);
  }
  return growth;
}

void EditList::add(std::string_view span, std::string text) {
  edits_.push_back({offset_of(span), span.size(), std::move(text)});
}

std::size_t EditList::offset_of(std::string_view span) const {
  // std::less orders pointers of different objects too, so that a foreign view is caught here.
  [[maybe_unused]] const std::less_equal<const char*> not_after;
  assert(not_after(original_.data(), span.data()) &&
         not_after(span.data() + span.size(), original_.data() + original_.size()));
  return static_cast<std::size_t>(span.data() - original_.data());
}

std::vector<const EditList::Edit*> EditList::in_order() const {
  std::vector<const Edit*> order;
  order.reserve(edits_.size());
  for (const Edit& edit : edits_) order.push_back(&edit);
  std::stable_sort(order.begin(), order.end(), [](const Edit* left, const Edit* right) {
    if (left->offset != right->offset) return left->offset < right->offset;
    return left->size == 0 && right->size != 0;
  });
  return order;
}

}  // namespace avedge::text
