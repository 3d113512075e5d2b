// Reads a session description line by line into a View. Internal to sdp/.
#pragma once

#include "signaling-shim/sdp/view.h"

namespace avedge::sdp {

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_{text} { view_.text_ = text; }

  [[nodiscard]] Verdict<View> run();

 private:
  using Step = Verdict<void>;

  Line take_line();
  Step read(const Line& line);
  Step read_origin(std::string_view value);
  Step read_connection(std::string_view value);
  Step read_media(const Line& line);
  Step read_attribute(const Line& line);
  Step check_complete() const;

  // One attribute each; `value` is what follows the colon.
  Step on_rtcp(const Line& line, std::string_view value);
  Step on_candidate(const Line& line, std::string_view value);
  Step on_remote_candidates(const Line& line, std::string_view value);
  Step on_ice_ufrag(const Line& line, std::string_view value);
  Step on_ice_password(const Line& line, std::string_view value);
  Step on_stray(const Line& line, std::string_view value);
  Step on_ice_mismatch(const Line& line, std::string_view value);
  Step on_ice_lite(const Line& line, std::string_view value);
  Step on_bundle_only(const Line& line, std::string_view value);
  template <Direction direction>
  Step on_direction(const Line& line, std::string_view value);

  struct Attribute;
  static const Attribute kAttributes[];

  /// The section being read; null before the first m=.
  [[nodiscard]] Media* section() { return view_.media_.empty() ? nullptr : &view_.media_.back(); }

  View view_;
  std::string_view rest_;
  std::size_t candidates_ = 0;
};

}  // namespace avedge::sdp
