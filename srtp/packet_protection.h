// SRTP and SRTCP over one direction of one media stream bundle, by libsrtp2. The direction is in
// the type: what is sent can only be protected, what is received can only be unprotected, and no
// key ever serves both (RFC 3711 §9.1 explains what a reused keystream costs).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"
#include "relay/core/result.h"
#include "srtp/master_key.h"

struct srtp_ctx_t_;  // libsrtp's session

namespace avedge::srtp {

/// Synchronisation sources one direction may have. Each costs libsrtp a context of its own, kept
/// until the end, and a look-up is linear in their number.
inline constexpr std::size_t kMaxSources = 64;

/// A buffer with this much room behind the packet always suffices (tag, index, identifier).
inline constexpr std::size_t kMaxProtectionOverhead = 16 + 4 + kMaxMkiSize;

/// What both directions are made of. Move-only; used by one thread at a time.
class ProtectionContext {
 protected:
  enum class Role : std::uint8_t { sender, receiver };
  struct Free {
    void operator()(srtp_ctx_t_* session) const;
  };

  ProtectionContext() = default;
  [[nodiscard]] Result<void> open(Role role, std::span<const MasterKey> keys);
  /// A source is admitted if it already was, or if there is room for one more.
  [[nodiscard]] bool admits(std::uint32_t source) const;
  void remember(std::uint32_t source);

  std::unique_ptr<srtp_ctx_t_, Free> session_;
  std::size_t rtp_trailer_ = 0;   // bytes: tag and key identifier
  std::size_t rtcp_trailer_ = 0;  // bytes: index, tag and key identifier
  bool has_mki_ = false;
  std::vector<std::uint32_t> sources_;
};

/// Encrypts and authenticates what we send. All sources, each with its own packet counter.
class OutboundProtection : private ProtectionContext {
 public:
  /// Protects with the first of `keys`; the others are accepted for a later change of key.
  /// `lifetime` is how many RTP packets that may be. Fails if there is no key, if the keys differ
  /// in suite or length of identifier, or if libsrtp refuses them. Any thread.
  [[nodiscard]] static Result<OutboundProtection> create(std::span<const MasterKey> keys,
                                                         std::uint64_t lifetime = kMaxKeyLifetime);

  /// Protects in place the RTP packet in the first `size` bytes of `buffer`, whose rest is tailroom
  /// (see rtp_overhead()), and returns the SRTP packet. Aligned to 4 bytes. Fails with
  /// payload_too_long (not enough tailroom), srtp_malformed, srtp_replayed (this sequence number
  /// was protected before: encrypting it twice would betray both), srtp_key_expired or table_full;
  /// then the packet must not be used.
  [[nodiscard]] Verdict<Bytes> protect_rtp(Bytes buffer, std::size_t size);
  /// The same for a compound RTCP packet.
  [[nodiscard]] Verdict<Bytes> protect_rtcp(Bytes buffer, std::size_t size);

  /// Bytes that protection adds.
  [[nodiscard]] std::size_t rtp_overhead() const { return rtp_trailer_; }
  [[nodiscard]] std::size_t rtcp_overhead() const { return rtcp_trailer_; }

 private:
  OutboundProtection() = default;
  std::uint64_t packets_left_ = 0;
};

/// Checks and decrypts what we receive. Replays within and behind a window of kReplayWindow packets
/// are refused, per source.
class InboundProtection : private ProtectionContext {
 public:
  /// RFC 3711 §3.3.2 asks for at least 64; a burst of video behind a slow path is longer.
  static constexpr unsigned long kReplayWindow = 1024;

  /// Accepts packets under any of `keys`, told apart by their identifiers. Fails as
  /// OutboundProtection::create does. Any thread.
  [[nodiscard]] static Result<InboundProtection> create(std::span<const MasterKey> keys);

  /// Unprotects in place and returns the RTP packet, which is the front of `packet`. Aligned to 4
  /// bytes. Fails with srtp_malformed, srtp_unauthenticated, srtp_replayed, srtp_key_expired or
  /// table_full (an authenticated peer with more than kMaxSources); then the packet must not be
  /// used. A forged packet changes no state.
  [[nodiscard]] Verdict<Bytes> unprotect_rtp(Bytes packet);
  /// The same for SRTCP; an unencrypted packet is refused although SRTCP could say so.
  [[nodiscard]] Verdict<Bytes> unprotect_rtcp(Bytes packet);

 private:
  InboundProtection() = default;
};

}  // namespace avedge::srtp
