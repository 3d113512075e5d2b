// Opens and prepares TCP sockets as the data plane requires. All are non-blocking.
#pragma once

#include <string>

#include "relay/core/endpoint.h"
#include "relay/core/result.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::relay {

/// Listens on exactly `local`, which may still have connections of an earlier run (SO_REUSEADDR).
[[nodiscard]] Result<FileDescriptor> listen_tcp(const Endpoint& local, const std::string& device);

/// A socket bound to a TCP relayed address. RFC 6062 §5.2 lets connections leave from the port that
/// listens, so all sockets of it share it: SO_REUSEADDR and SO_REUSEPORT.
[[nodiscard]] Result<FileDescriptor> bind_relayed_tcp(const Endpoint& local,
                                                      const std::string& device);
/// The first of them: it listens.
[[nodiscard]] Result<FileDescriptor> listen_relayed_tcp(const Endpoint& local,
                                                        const std::string& device);

/// From now on `listener` keeps at most that many connections that are not accepted yet.
void limit_backlog(int listener, int connections);

/// The next connection that waits on `listener`, with the address it came from; not open if there
/// is none, or no descriptor left for it.
[[nodiscard]] FileDescriptor accept_tcp(int listener, Endpoint& remote);

enum class Connecting : std::uint8_t {
  under_way,
  exists,     // these two endpoints are connected already
  impossible  // refused at once: no route, no memory
};
/// Starts to connect; writable means over (is_decided()), is_connected() how.
[[nodiscard]] Connecting begin_connecting(int fd, const Endpoint& remote);
[[nodiscard]] bool is_decided(int fd);
[[nodiscard]] bool is_connected(int fd);
/// Whether the other side says nothing more, even if what it said has not been read yet.
[[nodiscard]] bool has_hung_up(int fd);
/// Whether the connection is over in both directions, or broken.
[[nodiscard]] bool is_closed(int fd);

/// Media wants no coalescing, a short queue in the kernel (what waits there cannot be dropped when
/// it is stale), and to know within half a minute that a client is gone.
void prepare_media_stream(int fd);

}  // namespace avedge::relay
