#include "signaling-shim/sip/text.h"

#include <algorithm>

namespace avedge::sip {
bool is_token_char(char c) {
  if (is_digit(c) || text::is_letter(c)) return true;
  return c != '\0' && std::string_view{"-.!%*_+`'~"}.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

std::size_t find_outside_quotes(std::string_view text, char wanted, std::size_t from) {
  bool quoted = false;
  bool bracketed = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (!bracketed && c == wanted) return i;
    if (c == '"') quoted = true;
    if (c == '<') bracketed = true;
    if (c == '>') bracketed = false;
  }
  return std::string_view::npos;
}

}  // namespace avedge::sip
