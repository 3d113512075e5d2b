#include "signaling-shim/anchor/loop_detector.h"

#include <algorithm>

namespace avedge::anchor {
namespace {

bool is_named(const MediaPort& port, const Endpoint& name) {
  return name == port.local() || name == port.advertised();
}

bool contains(const std::vector<Endpoint>& list, const Endpoint& endpoint) {
  return std::find(list.begin(), list.end(), endpoint) != list.end();
}

}  // namespace

void LoopDetector::add(MediaPathId path, const MediaPort& port, const Endpoint& onward) {
  add(path, port.local(), onward);
  if (port.advertised() != port.local()) add(path, port.advertised(), onward);
}

void LoopDetector::add(MediaPathId path, const Endpoint& name, const Endpoint& onward) {
  forwardings_[name].push_back({path, onward});
  names_[path].push_back(name);
}

void LoopDetector::remove(MediaPathId path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return;
  for (const Endpoint& name : found->second) {
    const auto forwardings = forwardings_.find(name);
    if (forwardings == forwardings_.end()) continue;
    std::erase_if(forwardings->second,
                  [path](const Forwarding& forwarding) { return forwarding.path == path; });
    if (forwardings->second.empty()) forwardings_.erase(forwardings);
  }
  names_.erase(found);
}

bool LoopDetector::would_loop(const Endpoint& target, const MediaPort& near,
                              const MediaPort& far) const {
  std::vector<Endpoint> reached{target};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (is_named(near, reached[i]) || is_named(far, reached[i])) return true;
    const auto forwardings = forwardings_.find(reached[i]);
    if (forwardings == forwardings_.end()) continue;  // it leaves the edge there
    for (const Forwarding& forwarding : forwardings->second) {
      if (contains(reached, forwarding.onward)) continue;
      if (reached.size() == kMaxReached) return true;
      reached.push_back(forwarding.onward);
    }
  }
  return false;
}

}  // namespace avedge::anchor
