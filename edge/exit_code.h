// What `avedge` says to the script that called it. Documented in --help; scripts hold on to it.
#pragma once

namespace avedge::edge {

inline constexpr int kExitSuccess = 0;
/// Something failed at run time: a port is taken, a file cannot be written.
inline constexpr int kExitFailure = 1;
/// The command line or the configuration is wrong.
inline constexpr int kExitUsage = 2;
/// No daemon answers at the admin socket.
inline constexpr int kExitUnreachable = 3;
/// The daemon answered that it could not do what was asked.
inline constexpr int kExitRefused = 4;

}  // namespace avedge::edge
