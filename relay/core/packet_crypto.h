// What a flow may do to the payload that it passes: encrypt it, decrypt it, or both. The data plane
// knows this interface, and no protocol behind it.
#pragma once

#include <cstdint>

#include "relay/core/bytes.h"
#include "relay/core/clock.h"
#include "relay/core/drop_reason.h"

namespace avedge {

/// A packet where it lies, and how many bytes behind it may be overwritten.
struct PacketBuffer {
  Bytes bytes;
  std::size_t tailroom = 0;
};

/// One worker's, on its thread. May be shared by several flows of one stream.
class PacketCrypto {
 public:
  /// The most that a packet may grow by: SRTCP's index, a tag, and the longest key identifier.
  static constexpr std::size_t kMaxGrowth = 148;
  /// libsrtp2 requires packets to begin at a multiple of this.
  static constexpr std::size_t kAlignment = 4;

  virtual ~PacketCrypto() = default;
  /// Transforms the packet in place. Its `bytes` may become shorter, or longer by at most
  /// kMaxGrowth, which is at most its tailroom. On failure the packet is dropped, whatever has
  /// become of its bytes.
  [[nodiscard]] virtual Verdict<void> apply(Time now, PacketBuffer& packet) = 0;
};

/// Names a PacketCrypto among those of one worker.
enum class CryptoId : std::uint32_t {};
inline constexpr CryptoId kNoCrypto{0xffffffff};

}  // namespace avedge
