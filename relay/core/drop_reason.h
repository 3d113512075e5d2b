// Why a packet or a message went no further. Every refusal has one, and every one is a counter:
// the enumerator's spelling is its metric label (`reason="no_permission"`).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "relay/core/expected.h"

namespace avedge {

// clang-format off
#define AVEDGE_DROP_REASONS(X)                                                                     \
  /* what arrived on a listener */                                                                 \
  X(not_for_us)            /* first byte is none of STUN, ChannelData (RFC 7983) */                \
  X(stun_malformed)        /* no valid STUN header, or lengths that contradict each other */       \
  X(stun_fingerprint)      /* FINGERPRINT present and wrong */                                     \
  X(stun_unexpected)       /* a response or an unknown indication: nothing to answer */            \
  X(stun_bad_request)      /* answered 400 */                                                      \
  X(unknown_attribute)     /* answered 420 */                                                      \
  X(unauthenticated)       /* answered 401: no credentials yet */                                  \
  X(bad_credentials)       /* answered 401: unknown user or wrong integrity */                     \
  X(stale_nonce)           /* answered 438 */                                                      \
  X(answer_budget)         /* unauthenticated answers to this source prefix are used up */         \
  X(allocation_mismatch)   /* answered 437 */                                                      \
  X(wrong_user)            /* answered 441 */                                                      \
  X(peer_forbidden)        /* answered 403, or silence to an indication */                         \
  X(family_unsupported)    /* answered 440 */                                                      \
  X(peer_family_mismatch)  /* answered 443 */                                                      \
  X(transport_unsupported) /* answered 442 */                                                      \
  X(allocation_quota)      /* answered 486 */                                                      \
  X(ports_exhausted)       /* answered 508, or 503 to SIP */                                       \
  X(bad_reservation)       /* answered 508: token unknown, used or expired */                      \
  X(table_full)            /* a bounded table has no room left */                                  \
  X(redirected)            /* answered 300: another server is to be asked */                       \
  X(mobility_forbidden)    /* answered 405, or 400: not a ticket of ours */                        \
  X(descriptors_exhausted) /* as ports_exhausted, or not accepted: RLIMIT_NOFILE is used up */     \
  X(connection_exists)     /* answered 446 (RFC 6062) */                                           \
  X(connection_failed)     /* answered 447: the peer did not take the connection */                \
  /* connections of clients */                                                                     \
  X(connection_limit)      /* too many clients with allocations, or too many at once */             \
  X(connection_evicted)    /* half open, and made room for another one */                         \
  X(connection_idle)       /* opened, and no credentials shown in time */                          \
  X(handshake_failed)      /* TLS or DTLS: no common version or cipher, or no TLS at all */         \
  X(proxy_header_invalid)  /* PROXY protocol expected, and not spoken */                           \
  X(stream_malformed)      /* neither STUN nor ChannelData: the connection is closed */            \
  X(stream_queue_full)     /* a slow TCP or TLS client: its oldest frame made room */              \
  X(dtls_malformed)        /* no DTLS record, or of no session we know */                          \
  /* media that was not forwarded */                                                               \
  X(no_allocation)         /* ChannelData or Send from a client that has none */                   \
  X(no_channel)            /* ChannelData on a number that is not bound */                         \
  X(no_permission)         /* from, or to, a peer without a permission */                          \
  X(flow_expired)          /* allocation, permission or channel ran out */                         \
  X(peer_not_leased)       /* a port of this host, neither leased right now nor opened by a rule */  \
  X(channel_data_malformed)                                                                        \
  X(indication_malformed)                                                                          \
  X(payload_too_long)                                                                              \
  X(unknown_source)        /* anchor: not from the signalled party, no valid check */              \
  X(unexpected_payload)    /* anchor: from an admitted address, but not what the line carries */    \
  X(unjoined)              /* anchor: a connection that the other party never met in time */       \
  X(no_destination)        /* anchor: the other party has not said where it receives */            \
  X(too_many_sources)      /* anchor: more verified sources than one party may have */             \
  X(bandwidth)             /* more than the allocation, the user or the edge may send */            \
  X(hop_limit)             /* came with its last hop, and may go no further (RFC 8656 §14) */       \
  X(icmp_flood)            /* more ICMP errors than a worker tells its clients about */            \
  X(send_failed)           /* the kernel refused the datagram */                                   \
  /* SRTP */                                                                                       \
  X(no_key)                /* an encrypted stream whose key is not there yet, or any more */        \
  X(srtp_malformed)        /* lengths that contradict each other, or plain where it must not be */ \
  X(srtp_unauthenticated)  /* tag or key identifier wrong */                                       \
  X(srtp_replayed)         /* seen before, or older than the replay window */                      \
  X(srtp_key_expired)      /* the master key has protected all it may */                           \
  /* SIP */                                                                                        \
  X(sip_malformed)                                                                                 \
  X(sip_too_large)                                                                                 \
  X(sip_bad_extension)     /* answered 420 */                                                      \
  X(sip_no_route)                                                                                  \
  X(sip_forged_route)      /* a Route or Via of ours whose signature is wrong */                   \
  X(sip_too_many_hops)                                                                             \
  X(sip_unreachable)       /* next hop or inbound connection is gone */                            \
  X(sip_flood)             /* more requests than one source may send */                            \
  X(sip_source_refused)    /* not from one of the prefixes that the listener takes */              \
  X(sip_unknown_partner)   /* TLS: a good certificate, of nobody we talk to */                     \
  X(sip_unmatched)         /* a response that no Via of ours explains */                           \
  X(source_limit)          /* answered 503: as many calls or ports as one source may have */       \
  X(unanswered_limit)      /* answered 503: too many unanswered calls (Standing) */                \
  X(port_share)            /* answered 503: the ports that are left are kept for others */         \
  X(sip_answer_budget)     /* a response to a source that nothing proves, beyond its own bytes */  \
  X(sdp_malformed)                                                                                 \
  X(sdp_unsupported)                                                                               \
  X(media_target_refused)  /* answered 488: no media may go where the SDP says */                  \
  /* the ng control protocol */                                                                    \
  X(ng_malformed)          /* no cookie, too long, or neither bencode nor JSON */                  \
  X(ng_forbidden)          /* from a source that the listener does not allow */
// clang-format on

enum class DropReason : std::uint8_t {
#define X(name) name,
  AVEDGE_DROP_REASONS(X)
#undef X
};

inline constexpr std::array kDropReasonLabels{
#define X(name) std::string_view{#name},
    AVEDGE_DROP_REASONS(X)
#undef X
};

inline constexpr std::size_t kDropReasonCount = kDropReasonLabels.size();

/// The reason as it stands in the metric `avedge_drops_total{reason="..."}`.
constexpr std::string_view label(DropReason reason) {
  return kDropReasonLabels[static_cast<std::size_t>(reason)];
}

template <class Value>
using Verdict = Expected<Value, DropReason>;

}  // namespace avedge
