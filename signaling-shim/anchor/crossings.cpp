#include "signaling-shim/anchor/crossings.h"

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

void Crossings::add(MediaPathId path, const MediaPort& port, const Endpoint& onward) {
  add(path, port.local(), onward);
  if (port.advertised() != port.local()) add(path, port.advertised(), onward);
}

void Crossings::add(MediaPathId path, const Endpoint& name, const Endpoint& onward) {
  ways_[name].push_back({path, onward});
  names_[path].push_back(name);
}

void Crossings::remove(MediaPathId path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return;
  for (const Endpoint& name : found->second) {
    const auto ways = ways_.find(name);
    if (ways == ways_.end()) continue;
    std::erase_if(ways->second, [path](const Way& way) { return way.path == path; });
    if (ways->second.empty()) ways_.erase(ways);
  }
  names_.erase(found);
}

bool Crossings::come_back(const Endpoint& target, const MediaPort& near,
                          const MediaPort& far) const {
  std::vector<Endpoint> reached{target};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (is_named(near, reached[i]) || is_named(far, reached[i])) return true;
    const auto ways = ways_.find(reached[i]);
    if (ways == ways_.end()) continue;  // it leaves the edge there
    for (const Way& way : ways->second) {
      if (contains(reached, way.onward)) continue;
      if (reached.size() == kMaxReached) return true;
      reached.push_back(way.onward);
    }
  }
  return false;
}

}  // namespace avedge::anchor
