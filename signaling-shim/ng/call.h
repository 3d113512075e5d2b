// All legs of one Call-ID: the branches of a forked call, and a call that passes the proxy twice.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "signaling-shim/ng/leg.h"

namespace avedge::ng {

/// Of one Call-ID; far more than a proxy has branches.
inline constexpr std::size_t kMaxLegs = 16;

/// One party's message in a leg: by whom, and in which dialog.
struct LegTarget {
  Leg* leg = nullptr;
  Side from = Side::caller;
  std::string_view callee_tag;  // empty: the first offer
};

class Call {
 public:
  Call(UnixSeconds created) : created_{created} {}

  /// Where an offer belongs that names the tags of a dialog, or repeats the first offer of one of
  /// the legs; nothing if it begins a new leg.
  [[nodiscard]] std::optional<LegTarget> find_offer(const Options& request);
  /// Where an answer belongs; `from` is who answers. Nothing if nobody with that from-tag offered.
  [[nodiscard]] std::optional<LegTarget> find_answer(const Options& request);
  /// The legs that a `delete` means.
  [[nodiscard]] std::vector<Leg*> find_deleted(const Options& request);

  Leg& add(Leg leg);
  [[nodiscard]] bool is_full() const { return legs_.size() >= kMaxLegs; }
  [[nodiscard]] bool is_empty() const { return legs_.empty(); }
  [[nodiscard]] const std::vector<Leg>& legs() const { return legs_; }
  /// Forgets legs for which `is_over(leg)`; pointers to legs are gone then.
  template <class Predicate>
  void remove_if(Predicate&& is_over) {
    std::erase_if(legs_, is_over);
  }

  [[nodiscard]] UnixSeconds created() const { return created_; }
  UnixSeconds last_signal{};

 private:
  [[nodiscard]] std::optional<LegTarget> find_dialog(std::string_view mine,
                                                     std::string_view theirs);
  [[nodiscard]] Leg* newest_of(std::string_view caller_tag, std::string_view via_branch);

  UnixSeconds created_;
  std::vector<Leg> legs_;  // in the order of their offers
};

}  // namespace avedge::ng
