// What a worker's flows encrypt and decrypt with, by id.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

#include "relay/core/packet_crypto.h"

namespace avedge::relay {

/// The worker's thread only. As large as the handlers make it: one entry for each direction of a
/// stream that they admit.
class CryptoTable {
 public:
  /// Null forgets the id.
  void set(CryptoId id, std::shared_ptr<PacketCrypto> crypto) {
    if (crypto == nullptr) {
      cryptos_.erase(id);
    } else {
      cryptos_[id] = std::move(crypto);
    }
  }
  /// Null if there is none. Valid until the next set() of that id.
  [[nodiscard]] PacketCrypto* find(CryptoId id) const {
    const auto found = cryptos_.find(id);
    return found == cryptos_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] bool empty() const { return cryptos_.empty(); }

 private:
  std::unordered_map<CryptoId, std::shared_ptr<PacketCrypto>> cryptos_;
};

}  // namespace avedge::relay
