// What signalling pays for one message.
#pragma once

namespace avedge::bench::guard {

/// A first INVITE: read, routed, its call opened and its two descriptions anchored, written again.
void measure_invite();
/// One description alone: read and rewritten.
void measure_sdp();

}  // namespace avedge::bench::guard
