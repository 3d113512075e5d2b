// Any bytes: StunView must refuse them or give a view whose every reader stays within them.
#include <cstdint>
#include <cstdlib>

#include "ice/stun/attribute_values.h"
#include "ice/stun/integrity.h"
#include "ice/stun/stun_view.h"

namespace {

using namespace avedge;
using namespace avedge::stun;

bool within(ConstBytes whole, ConstBytes part) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void read_everything(ConstBytes value, const TransactionId& transaction) {
  static_cast<void>(read_address(value));
  static_cast<void>(read_xor_address(value, transaction));
  static_cast<void>(read_u32(value));
  static_cast<void>(read_u64(value));
  static_cast<void>(read_u8_of_four(value));
  static_cast<void>(read_channel_number(value));
  static_cast<void>(read_text(value, kMaxUsername));
  static_cast<void>(read_error_code(value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ConstBytes message = std::as_bytes(std::span{data, size});
  const auto view = StunView::parse(message);
  if (!view) return 0;
  for (const Attribute attribute : *view) {
    if (!within(message, attribute.value)) std::abort();
    if (!view->has(attribute.type)) std::abort();
    read_everything(attribute.value, view->transaction());
  }
  static_cast<void>(verify_integrity(*view, bytes_of("key")));
  return 0;
}
