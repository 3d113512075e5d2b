// What calls from one source hold at the moment, so that none can take what all need.
#pragma once

#include <map>
#include <memory>

#include "relay/core/endpoint.h"

namespace avedge::anchor {

/// Shared by a source's calls and by the leases of their ports.
struct SourceUse {
  std::size_t calls = 0;
  std::size_t port_pairs = 0;
  std::size_t max_port_pairs = 0;
};

/// Signalling thread only.
class Sources {
 public:
  Sources(std::size_t max_calls, std::size_t max_port_pairs)
      : max_calls_{max_calls}, max_port_pairs_{max_port_pairs} {}

  /// One call more, until its owner takes it off the count; null if the source has as many as it
  /// may have. A source is forgotten when nothing of it is left. The table must outlive its uses.
  [[nodiscard]] std::shared_ptr<SourceUse> admit(const IpAddress& source);

 private:
  std::size_t max_calls_;
  std::size_t max_port_pairs_;
  std::map<IpAddress, std::weak_ptr<SourceUse>> uses_;
};

}  // namespace avedge::anchor
