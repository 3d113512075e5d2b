#include "srtp/packet_protection.h"

#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <string>

namespace avedge::srtp {
namespace {

constexpr std::size_t kRtpHeaderSize = 12;
/// The first packet of a compound: header word and sender's SSRC.
constexpr std::size_t kRtcpHeaderSize = 8;
/// RFC 3711 §3.4: E flag and SRTCP index.
constexpr std::size_t kRtcpIndexSize = 4;
/// Also keeps sizes far from the `int` that libsrtp counts in.
constexpr std::size_t kMaxPacketSize = 65535;

/// The keys are in hand for the length of one call to libsrtp, which copies what it derives.
class Policy {
 public:
  Policy(std::span<const MasterKey> keys, srtp_ssrc_type_t sources) : keys_(keys.size()) {
    pointers_.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      keys_[i].key = octets(keys[i].key_and_salt());
      keys_[i].mki_id = octets(keys[i].mki());
      keys_[i].mki_size = static_cast<unsigned>(keys[i].mki().size());
      pointers_.push_back(&keys_[i]);
    }
    set_suite(keys.front().suite());
    policy_.ssrc.type = sources;
    policy_.keys = pointers_.data();
    policy_.num_master_keys = pointers_.size();
    policy_.window_size = InboundProtection::kReplayWindow;
  }
  [[nodiscard]] const srtp_policy_t* get() const { return &policy_; }

 private:
  /// libsrtp's interface knows no const; it only reads.
  static unsigned char* octets(ConstBytes bytes) {
    return reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
  }

  void set_suite(CryptoSuite suite) {
    switch (suite) {
      case CryptoSuite::aes_cm_128_hmac_sha1_80:
        srtp_crypto_policy_set_rtp_default(&policy_.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy_.rtcp);
        return;
      case CryptoSuite::aes_cm_128_hmac_sha1_32:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy_.rtp);
        // RFC 4568 §6.2.2: SRTCP keeps the long tag, for it can stop a call.
        srtp_crypto_policy_set_rtcp_default(&policy_.rtcp);
        return;
      case CryptoSuite::aead_aes_128_gcm:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy_.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy_.rtcp);
        return;
      case CryptoSuite::aead_aes_256_gcm:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy_.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy_.rtcp);
        return;
    }
  }

  srtp_policy_t policy_{};
  std::vector<srtp_master_key_t> keys_;
  std::vector<srtp_master_key_t*> pointers_;
};

Error libsrtp_error(const std::string& what, srtp_err_status_t status) {
  return Error{what + ": libsrtp status " + std::to_string(status)};
}

/// Loads libsrtp's ciphers on the first call, on whatever thread that is.
Result<void> load_library() {
  static const srtp_err_status_t status = srtp_init();
  if (status != srtp_err_status_ok) return libsrtp_error("cannot initialise SRTP", status);
  return {};
}

bool share_suite_and_mki_size(std::span<const MasterKey> keys) {
  return std::all_of(keys.begin(), keys.end(), [&](const MasterKey& key) {
    return key.suite() == keys.front().suite() && key.mki().size() == keys.front().mki().size();
  });
}

DropReason reason_of(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_auth_fail:
    case srtp_err_status_cipher_fail:  // how GCM reports a wrong tag
    case srtp_err_status_bad_mki: return DropReason::srtp_unauthenticated;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old: return DropReason::srtp_replayed;
    case srtp_err_status_key_expired: return DropReason::srtp_key_expired;
    default: return DropReason::srtp_malformed;
  }
}

std::uint32_t rtp_source(ConstBytes packet) {
  return load_be32(packet.data() + 8);
}
std::uint32_t rtcp_source(ConstBytes packet) {
  return load_be32(packet.data() + 4);
}

bool has_version_2(ConstBytes packet) {
  return (packet[0] & std::byte{0xC0}) == std::byte{0x80};  // RFC 3550 §5.1, §6.4.1
}

bool is_plausible(ConstBytes packet, std::size_t least_size) {
  return packet.size() >= least_size && packet.size() <= kMaxPacketSize && has_version_2(packet);
}

}  // namespace

void ProtectionContext::Free::operator()(srtp_ctx_t_* session) const {
  srtp_dealloc(session);  // wipes the session keys
}

Result<void> ProtectionContext::open(Role role, std::span<const MasterKey> keys) {
  if (keys.empty()) return Error{"SRTP needs a master key"};
  if (!share_suite_and_mki_size(keys)) {
    return Error{"SRTP master keys differ in suite or in the length of their identifiers"};
  }
  if (const auto loaded = load_library(); !loaded) return loaded;

  const Policy policy{keys, role == Role::sender ? ssrc_any_outbound : ssrc_any_inbound};
  srtp_t session = nullptr;
  if (const auto status = srtp_create(&session, policy.get()); status != srtp_err_status_ok) {
    return libsrtp_error("cannot open an SRTP session", status);
  }
  session_.reset(session);

  const SuiteSizes sizes = sizes_of(keys.front().suite());
  const std::size_t mki_size = keys.front().mki().size();
  rtp_trailer_ = sizes.rtp_tag + mki_size;
  rtcp_trailer_ = sizes.rtcp_tag + mki_size + kRtcpIndexSize;
  has_mki_ = mki_size > 0;
  sources_.reserve(kMaxSources);
  return {};
}

bool ProtectionContext::admits(std::uint32_t source) const {
  return sources_.size() < kMaxSources ||
         std::find(sources_.begin(), sources_.end(), source) != sources_.end();
}

void ProtectionContext::remember(std::uint32_t source) {
  if (std::find(sources_.begin(), sources_.end(), source) == sources_.end()) {
    sources_.push_back(source);
  }
}

Result<OutboundProtection> OutboundProtection::create(std::span<const MasterKey> keys,
                                                      std::uint64_t lifetime) {
  OutboundProtection protection;
  if (auto opened = protection.open(Role::sender, keys); !opened) return opened.reason();
  protection.packets_left_ = std::min(lifetime, kMaxKeyLifetime);
  return protection;
}

Verdict<Bytes> OutboundProtection::protect_rtp(Bytes buffer, std::size_t size) {
  if (size > buffer.size() || !is_plausible(buffer.first(size), kRtpHeaderSize)) {
    return DropReason::srtp_malformed;
  }
  if (buffer.size() - size < rtp_trailer_) return DropReason::payload_too_long;
  const std::uint32_t source = rtp_source(buffer);
  if (!admits(source)) return DropReason::table_full;
  if (packets_left_ == 0) return DropReason::srtp_key_expired;

  remember(source);  // libsrtp keeps a context for it from here on, whatever comes of the packet
  int length = static_cast<int>(size);
  const auto status = srtp_protect_mki(session_.get(), buffer.data(), &length, has_mki_, 0);
  if (status != srtp_err_status_ok) return reason_of(status);
  --packets_left_;
  return buffer.first(static_cast<std::size_t>(length));
}

Verdict<Bytes> OutboundProtection::protect_rtcp(Bytes buffer, std::size_t size) {
  // RFC 3550 §6.1: every packet of a compound ends on a 32-bit boundary.
  if (size > buffer.size() || size % 4 != 0 || !is_plausible(buffer.first(size), kRtcpHeaderSize)) {
    return DropReason::srtp_malformed;
  }
  if (buffer.size() - size < rtcp_trailer_) return DropReason::payload_too_long;
  const std::uint32_t source = rtcp_source(buffer);
  if (!admits(source)) return DropReason::table_full;

  remember(source);
  int length = static_cast<int>(size);
  const auto status = srtp_protect_rtcp_mki(session_.get(), buffer.data(), &length, has_mki_, 0);
  if (status != srtp_err_status_ok) return reason_of(status);
  return buffer.first(static_cast<std::size_t>(length));
}

Result<InboundProtection> InboundProtection::create(std::span<const MasterKey> keys) {
  InboundProtection protection;
  if (auto opened = protection.open(Role::receiver, keys); !opened) return opened.reason();
  return protection;
}

Verdict<Bytes> InboundProtection::unprotect_rtp(Bytes packet) {
  if (!is_plausible(packet, kRtpHeaderSize + rtp_trailer_)) return DropReason::srtp_malformed;
  const std::uint32_t source = rtp_source(packet);
  if (!admits(source)) return DropReason::table_full;

  int length = static_cast<int>(packet.size());
  const auto status = srtp_unprotect_mki(session_.get(), packet.data(), &length, has_mki_);
  if (status != srtp_err_status_ok) return reason_of(status);
  remember(source);  // only now: before the tag check any sender could fill the table
  return packet.first(static_cast<std::size_t>(length));
}

Verdict<Bytes> InboundProtection::unprotect_rtcp(Bytes packet) {
  if (!is_plausible(packet, kRtcpHeaderSize + rtcp_trailer_)) return DropReason::srtp_malformed;
  const std::uint32_t source = rtcp_source(packet);
  if (!admits(source)) return DropReason::table_full;

  int length = static_cast<int>(packet.size());
  const auto status = srtp_unprotect_rtcp_mki(session_.get(), packet.data(), &length, has_mki_);
  if (status != srtp_err_status_ok) return reason_of(status);
  remember(source);
  return packet.first(static_cast<std::size_t>(length));
}

}  // namespace avedge::srtp
