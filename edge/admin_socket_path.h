// Where the admin socket is when the configuration does not say: one list for the daemon, which
// takes the first place it may write to, and for the command line, which looks there.
#pragma once

#include <string>
#include <vector>

#include "relay/core/result.h"

namespace avedge::edge {

/// /run/avedge, then $XDG_RUNTIME_DIR/avedge, then /tmp/avedge-UID; each with /admin.sock.
std::vector<std::string> admin_socket_paths();

/// The first place whose folder this process may create files in. Makes the folder if it must,
/// readable for its owner only; a folder that somebody else owns is passed over, because its owner
/// could swap the socket.
[[nodiscard]] Result<std::string> usable_admin_socket();

/// The first place where a socket of root's or of this user's stands.
[[nodiscard]] Result<std::string> existing_admin_socket();

}  // namespace avedge::edge
