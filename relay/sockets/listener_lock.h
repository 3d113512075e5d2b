// SO_REUSEPORT would let a second edge of the same user join our listeners and silently take half
// of our clients. This keeps it out.
#pragma once

#include "relay/core/endpoint.h"
#include "relay/core/result.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::relay {

/// Held for as long as the listeners of `address:port` are open. Works between processes of one
/// network namespace: an abstract socket excludes other edges, and a plain bind, tried once, finds
/// everybody else.
class ListenerLock {
 public:
  /// Fails with a sentence that names the address and its holder.
  [[nodiscard]] static Result<ListenerLock> take(const Endpoint& listener,
                                                 const std::string& device);

 private:
  explicit ListenerLock(FileDescriptor guard) : guard_{std::move(guard)} {}
  FileDescriptor guard_;
};

}  // namespace avedge::relay
