// The clients of a stateful TURN target: one for each transport, with the byte stream that a server
// would cut into messages.
#pragma once

#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "../ice/turn/fakes.h"
#include "operations.h"
#include "relay/stream/message_framer.h"

namespace avedge::fuzz {

/// What a TCP or TLS client has written, on its way: it arrives in pieces of any size.
class TurnStream {
 public:
  using Message = std::vector<std::byte>;
  enum class End : std::uint8_t { open, malformed };

  /// With the padding that streams need (RFC 8656 §12.5).
  void write(const Message& message) {
    written_.push_back(message);
    under_way_.insert(under_way_.end(), message.begin(), message.end());
    under_way_.resize(under_way_.size() + padding_of(message.size()));
  }
  /// Bytes of any kind; from now on nothing is known of what the messages must be.
  void write_anything(ConstBytes bytes) {
    is_broken_ = true;
    under_way_.insert(under_way_.end(), bytes.begin(), bytes.end());
  }

  /// `count` bytes arrive, at most all of them; calls serve(message) for every message that is
  /// complete then, as long as is_open() says so. `longest()` is what the client may send now.
  template <class Serve, class IsOpen, class Longest>
  [[nodiscard]] End arrive(std::size_t count, Serve serve, IsOpen is_open, Longest longest) {
    count = std::min(count, under_way_.size());
    const auto end = under_way_.begin() + static_cast<std::ptrdiff_t>(count);
    received_.insert(received_.end(), under_way_.begin(), end);
    under_way_.erase(under_way_.begin(), end);
    while (!received_.empty()) {
      const auto message = relay::first_message(received_, longest());
      if (!message) return End::malformed;
      if (!*message) return End::open;
      const Message cut(received_.begin(),
                        received_.begin() + static_cast<std::ptrdiff_t>((*message)->size));
      received_.erase(received_.begin(),
                      received_.begin() + static_cast<std::ptrdiff_t>((*message)->occupied));
      check_cut(cut);
      serve(cut);
      if (!is_open()) return End::open;
    }
    return End::open;
  }
  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }
  /// The beginning of a message has arrived.
  [[nodiscard]] bool has_begun() const { return !received_.empty(); }

 private:
  void check_cut(const Message& cut) {
    if (is_broken_) return;
    require(!written_.empty() && cut == written_.front(), "a stream is cut in the wrong place");
    written_.pop_front();
  }

  std::deque<Message> written_;  // and not yet cut
  Message under_way_;
  Message received_;
  bool is_broken_ = false;
};

/// A client and its connection, if it has one; a new connection has a new socket, and a new port.
struct TurnClient {
  turn::testing::Client identity;
  TurnStream stream;
  bool is_joined = false;  // to a peer's connection (RFC 6062): it carries messages no more
  /// When a success has last granted the peers' addresses to it.
  std::map<IpAddress, Time> granted;

  [[nodiscard]] bool is_stream() const {
    return identity.transport == Transport::tcp || identity.transport == Transport::tls;
  }
  [[nodiscard]] bool has_connection() const { return identity.transport != Transport::udp; }
};

}  // namespace avedge::fuzz
