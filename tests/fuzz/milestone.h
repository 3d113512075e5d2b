// States deep inside the product that a stateful target tokens to reach. The replay of its corpus
// counts them and fails if one is never reached: a target that has become shallow, because its
// requests are all refused for instance, must not pass for a proof.
#pragma once

#include <cstddef>
#include <vector>

namespace avedge::fuzz {

/// Of static storage duration.
class Milestone {
 public:
  explicit Milestone(const char* name) : name_{name} { all().push_back(this); }
  Milestone(const Milestone&) = delete;
  Milestone& operator=(const Milestone&) = delete;

  void reach() { ++count_; }
  void reach_if(bool reached) {
    if (reached) reach();
  }

  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] std::size_t count() const { return count_; }

  /// Those of this program; none, if its target has no states.
  static std::vector<const Milestone*>& all() {
    static std::vector<const Milestone*> milestones;
    return milestones;
  }

 private:
  const char* name_;
  std::size_t count_ = 0;
};

}  // namespace avedge::fuzz
