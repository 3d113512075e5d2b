#include "signaling-shim/ng/value.h"

namespace avedge::ng {

const Value* Value::find(std::string_view key) const {
  const Dictionary* entries = dictionary();
  if (entries == nullptr) return nullptr;
  for (const auto& [name, value] : *entries) {
    if (name == key) return &value;
  }
  return nullptr;
}

}  // namespace avedge::ng
