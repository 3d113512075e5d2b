#include "signaling-shim/anchor/sources.h"

namespace avedge::anchor {

std::shared_ptr<SourceUse> Sources::admit(const IpAddress& source) {
  std::weak_ptr<SourceUse>& known = uses_[source];
  auto use = known.lock();
  if (use == nullptr) {
    use = {new SourceUse{0, 0, max_port_pairs_}, [this, source](const SourceUse* gone) {
             delete gone;
             uses_.erase(source);
           }};
    known = use;
  }
  if (use->calls >= max_calls_) return nullptr;
  ++use->calls;
  return use;
}

}  // namespace avedge::anchor
