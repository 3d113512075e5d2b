#include <cstdint>
#include <cstdlib>

#include "signaling-shim/sip/route_set.h"
#include "signaling-shim/sip/view.h"

namespace sip = avedge::sip;

namespace {

/// Taking the first value out of a list leaves the others.
void check_lists(const sip::View& view) {
  for (const auto id : {sip::HeaderId::via, sip::HeaderId::route, sip::HeaderId::record_route}) {
    const auto items = sip::list_items(view.header_index(), id);
    if (items.empty()) continue;
    avedge::text::EditList edits{view.text()};
    sip::erase_items(items, 0, 1, edits);
    const std::string left = edits.emit();
    const auto again = sip::HeaderIndex::parse(left);
    if (!again || sip::list_items(*again, id).size() != items.size() - 1) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  for (const auto framing : {sip::Framing::datagram, sip::Framing::stream}) {
    const auto view = sip::View::parse(bytes, framing);
    if (!view) continue;
    if (view->text().size() > size || view->vias().empty()) std::abort();
    (void)view->requires_100rel();
    (void)view->content_type();
    check_lists(*view);
  }
  return 0;
}
