// Only the main thread handles signals: threads of media or signalling block them.
#pragma once

#include <csignal>

namespace avedge::relay {

/// For the rest of the calling thread's life.
inline void block_signals_on_this_thread() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace avedge::relay
