#include "signaling-shim/anchor/loop_detector.h"

#include <algorithm>

namespace avedge::anchor {
namespace {

bool is_named(const FacingPort& port, const MediaPlace& name) {
  return name.transport == port.transport &&
         (name.at == port.port.local() || name.at == port.port.advertised());
}

bool contains(const std::vector<MediaPlace>& list, const MediaPlace& place) {
  return std::find(list.begin(), list.end(), place) != list.end();
}

}  // namespace

void LoopDetector::add(MediaPathId path, const FacingPort& port, const MediaPlace& onward) {
  const Endpoint& local = port.port.local();
  const Endpoint& advertised = port.port.advertised();
  add(path, MediaPlace{port.transport, local}, onward);
  if (advertised != local) add(path, MediaPlace{port.transport, advertised}, onward);
}

void LoopDetector::add(MediaPathId path, const MediaPlace& name, const MediaPlace& onward) {
  forwardings_[name].push_back({path, onward});
  names_[path].push_back(name);
}

void LoopDetector::remove(MediaPathId path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return;
  for (const MediaPlace& name : found->second) {
    const auto forwardings = forwardings_.find(name);
    if (forwardings == forwardings_.end()) continue;
    std::erase_if(forwardings->second,
                  [path](const Forwarding& forwarding) { return forwarding.path == path; });
    if (forwardings->second.empty()) forwardings_.erase(forwardings);
  }
  names_.erase(found);
}

bool LoopDetector::would_loop(const MediaPlace& target, const FacingPort& one,
                              const FacingPort& other) const {
  std::vector<MediaPlace> reached{target};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (is_named(one, reached[i]) || is_named(other, reached[i])) return true;
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
