// GoogleTest's expectations in the fakes of unit tests, as invariants of a fuzz target.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace avedge::fuzz {

class AbortOnFailure final : public testing::EmptyTestEventListener {
 public:
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "%s:%d: %s\n", result.file_name(), result.line_number(), result.message());
    std::abort();
  }
};

/// From now on a failed expectation ends the program. Any number of times.
inline void abort_on_failed_expectations() {
  static const bool is_done = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new AbortOnFailure);  // which owns it
    return true;
  }();
  (void)is_done;
}

}  // namespace avedge::fuzz
