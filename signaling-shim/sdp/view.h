// A session description (RFC 8866) as views into the text it came as. It knows what anchoring must
// read and what it must replace; everything else is only carried past.
#pragma once

#include <span>

#include "relay/core/bytes.h"
#include "signaling-shim/sdp/media.h"

namespace avedge::sdp {

/// Far above what any client writes: Lync's video offers have about 150 lines.
inline constexpr std::size_t kMaxSize = 65536;
inline constexpr std::size_t kMaxLines = 2048;
inline constexpr std::size_t kMaxMedia = 32;
inline constexpr std::size_t kMaxCandidates = 256;

class View {
 public:
  /// Lines may end in CRLF or LF. A description may begin with o= (fallback stubs of OCS-era
  /// clients do). Anything that a lenient reader could take for an address, but that we could not
  /// replace, is refused: bare carriage returns, NUL, a relayed section without a readable c=.
  /// The view and its parts live as long as `text`.
  /// Fails with sdp_malformed, or sdp_unsupported above the limits.
  [[nodiscard]] static Verdict<View> parse(std::string_view text);
  [[nodiscard]] static Verdict<View> parse(ConstBytes bytes) { return parse(text_of(bytes)); }

  [[nodiscard]] std::string_view text() const { return text_; }
  /// "\r\n" or "\n": what ends the first line.
  [[nodiscard]] std::string_view line_end() const { return line_end_; }
  [[nodiscard]] const std::optional<NetAddress>& origin() const { return origin_; }
  /// c= lines of the session, before any m=.
  [[nodiscard]] std::span<const NetAddress> connections() const { return connections_; }
  [[nodiscard]] std::span<const Media> media() const { return media_; }
  /// Lines of the session that name addresses: candidates belong behind an m= line.
  [[nodiscard]] std::span<const Line> unsupported_address_lines() const {
    return unsupported_address_lines_;
  }
  /// a=ice-lite (RFC 8839 §5.3): an agent that makes no checks of its own.
  [[nodiscard]] bool is_ice_lite() const { return is_ice_lite_; }

  // What holds for a section of this view: its own word, or else the session's.

  /// Null if there is no c= at either level; never for a relayed section.
  [[nodiscard]] const NetAddress* connection_of(const Media& media) const;
  [[nodiscard]] std::string_view ice_ufrag_of(const Media& media) const;
  [[nodiscard]] std::string_view ice_password_of(const Media& media) const;
  [[nodiscard]] Direction direction_of(const Media& media) const;

 private:
  friend class Parser;

  std::string_view text_;
  std::string_view line_end_ = "\r\n";
  std::optional<NetAddress> origin_;
  std::vector<NetAddress> connections_;
  std::vector<Media> media_;
  std::vector<Line> unsupported_address_lines_;
  std::string_view ice_ufrag_;
  std::string_view ice_password_;
  std::optional<Direction> direction_;
  bool is_ice_lite_ = false;
};

}  // namespace avedge::sdp
