// Everything that is wrong with a configuration file, collected so that the operator mends it in
// one go.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "relay/core/result.h"

namespace avedge::edge {

/// Where a value stands: its line, from 1, and its key as TOML writes it ("turn.listener.bind").
struct Place {
  std::size_t line = 0;
  std::string key;
};

class Problems {
 public:
  explicit Problems(std::string file) : file_{std::move(file)} {}

  /// "FILE:LINE: key: `what`; `remedy`".
  void refuse(const Place& at, std::string_view what, std::string_view remedy);
  /// The same for something that works but should not stay.
  void warn(const Place& at, std::string_view what, std::string_view remedy);

  [[nodiscard]] bool any() const { return !refused_.empty(); }
  /// All refusals in the order of their lines, one a line.
  [[nodiscard]] Error to_error() const;
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  struct Entry {
    std::size_t line;
    std::string text;
  };
  [[nodiscard]] Entry entry(const Place& at, std::string_view what, std::string_view remedy) const;

  std::string file_;
  std::vector<Entry> refused_;
  std::vector<Entry> warned_;
};

}  // namespace avedge::edge
