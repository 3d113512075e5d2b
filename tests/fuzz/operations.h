// The input of a stateful target, read as a sequence of operations. Seeds are text files: an
// operation is a letter followed by its arguments, one character each, of which '0' is zero, '1' is
// one, and so on in the order of ASCII. Blanks and ends of lines mean nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace avedge::fuzz {

/// Ends the run if an invariant does not hold; the fuzzer keeps the input.
inline void require(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "invariant violated: %s\n", invariant);
  std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_{reinterpret_cast<const char*>(data), size} {}

  /// False at the end of the input.
  [[nodiscard]] bool has_more() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n'))
      rest_.remove_prefix(1);
    return !rest_.empty();
  }
  /// The next character that means something; '0' at the end of the input.
  char letter() {
    if (!has_more()) return '0';
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    return letter;
  }
  /// An argument from 0 to `count` - 1. `count` is 1 to 256.
  std::size_t below(std::size_t count) { return static_cast<std::uint8_t>(letter() - '0') % count; }
  bool flag() { return below(2) == 1; }
  template <class List>
  const auto& one_of(const List& list) {
    return *std::next(std::begin(list), static_cast<std::ptrdiff_t>(below(std::size(list))));
  }
  /// A length (below 256) and as many bytes, blanks included, which live as long as the input.
  std::string_view bytes() {
    const std::size_t length = below(256);
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

template <class Player>
struct Operation {
  char letter;
  void (Player::*run)(Input& input);
};

/// Carries out the operations of `input`, at most so many, and calls player.check() after each. A
/// byte that is not the letter of an operation stands for one of them all the same, so that few
/// mutations are wasted.
template <class Player, std::size_t count>
void play(Player& player, const Operation<Player> (&table)[count], Input& input) {
  constexpr std::size_t kMaxOperations = 300;
  for (std::size_t i = 0; i < kMaxOperations && input.has_more(); ++i) {
    const char letter = input.letter();
    const Operation<Player>* chosen = &table[static_cast<std::uint8_t>(letter) % count];
    for (const auto& operation : table) {
      if (operation.letter == letter) chosen = &operation;
    }
    (player.*chosen->run)(input);
    player.check();
  }
}

}  // namespace avedge::fuzz
