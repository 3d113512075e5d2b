// Observes received and sent messages: the trace.
#pragma once

#include <string_view>

#include "signaling-shim/sip/settings.h"

namespace avedge::sip {

/// Sees every whole message: a received one before it is parsed, a sent one as passed to its
/// transport. Signalling thread; returns at once; views are valid during the call.
class MessageObserver {
 public:
  virtual ~MessageObserver() = default;
  virtual void on_received(const Listener& by, const SipFlow& from, std::string_view message) = 0;
  virtual void on_sent(const Listener& by, const SipFlow& to, std::string_view message) = 0;
};

}  // namespace avedge::sip
