#include "signaling-shim/trace/query.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "signaling-shim/trace/message_parts.h"

namespace avedge::trace {
namespace {

bool contains(std::string_view text, std::string_view wanted) {
  return find_text(text, wanted) != std::string_view::npos;
}

/// `wanted` stands in `text` by itself: no character that could go on with it is beside it.
template <class Continues>
bool contains_word(std::string_view text, std::string_view wanted, Continues continues) {
  if (wanted.empty()) return false;
  for (std::size_t at = find_text(text, wanted); at != std::string_view::npos;
       at = find_text(text, wanted, at + wanted.size())) {
    const std::size_t end = at + wanted.size();
    if ((at == 0 || !continues(text[at - 1])) && (end == text.size() || !continues(text[end]))) {
      return true;
    }
  }
  return false;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_call_id(const Entry& entry, std::string_view wanted) {
  return text::equals_ignoring_case(facts_of(entry).call_id, wanted);
}

/// Calls `test` with everything that names a party.
template <class Test>
bool any_party(const Entry& entry, Test test) {
  if (test(entry.start_line)) return true;
  for (std::string_view rest = entry.fields; !rest.empty();) {
    const Field field = take_field(rest);
    constexpr std::array<std::string_view, 8> kNames{
        "From", "f", "To", "t", "Contact", "m", "P-Asserted-Identity", "P-Preferred-Identity"};
    const bool names_a_party = std::any_of(kNames.begin(), kNames.end(), [&](std::string_view one) {
      return text::equals_ignoring_case(field.name, one);
    });
    if (names_a_party && test(field.value)) return true;
  }
  return false;
}

bool has_uri(const Entry& entry, std::string_view wanted) {
  return any_party(entry, [&](std::string_view text) { return contains(text, wanted); });
}

bool has_phone(const Entry& entry, std::string_view wanted) {
  std::string digits;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(digits), is_digit);
  return any_party(entry,
                   [&](std::string_view text) { return contains_word(text, digits, is_digit); });
}

bool has_ip(const Entry& entry, std::string_view wanted) {
  // "10.0.0.1" is not in "10.0.0.12", but it is in "10.0.0.1:5060"; an IPv6 address ends where no
  // group follows, and may be followed by its port in brackets only.
  const bool v4 = wanted.find(':') == std::string_view::npos;
  const auto continues = [v4](char c) {
    const bool hex = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return is_digit(c) || (v4 ? c == '.' : hex || c == ':');
  };
  for (const std::string_view text :
       {std::string_view{entry.peer}, std::string_view{entry.local},
        std::string_view{entry.start_line}, std::string_view{entry.fields},
        std::string_view{entry.body}}) {
    if (contains_word(text, wanted, continues)) return true;
  }
  return false;
}

bool has_content(const Entry& entry, std::string_view wanted) {
  return contains(entry.start_line, wanted) || contains(entry.fields, wanted) ||
         contains(entry.body, wanted);
}

}  // namespace

bool Query::matches(const Entry& entry) const {
  if ((from && entry.time < *from) || (to && entry.time > *to)) return false;
  std::size_t keys = 0;
  std::size_t found = 0;
  const auto look = [&](const std::vector<std::string>& wanted, auto has) {
    keys += wanted.size();
    found += static_cast<std::size_t>(std::count_if(
        wanted.begin(), wanted.end(), [&](const std::string& one) { return has(entry, one); }));
  };
  look(call_ids, has_call_id);
  look(uris, has_uri);
  look(ips, has_ip);
  look(phones, has_phone);
  look(contents, has_content);
  return keys == 0 || (match == Match::any ? found > 0 : found == keys);
}

std::optional<WallTime> parse_query_time(std::string_view text) {
  // Date, hour, minute and second, then fraction; the time of day may stop after any of its parts.
  constexpr std::array<std::string_view, 7> kBefore{"", "-", "-", "T ", ":", ":", "."};
  constexpr std::array<std::size_t, 7> kDigits{4, 2, 2, 2, 2, 2, 3};
  std::array<int, 7> parts{};
  std::size_t count = 0;
  for (; count < parts.size() && !text.empty(); ++count) {
    if (!kBefore[count].empty()) {
      if (kBefore[count].find(text.front()) == std::string_view::npos) return std::nullopt;
      text.remove_prefix(1);
    }
    const char* const end = text.data() + std::min(kDigits[count], text.size());
    const auto [last, failed] = std::from_chars(text.data(), end, parts[count]);
    if (failed != std::errc{} || last != text.data() + kDigits[count] || parts[count] < 0) {
      return std::nullopt;
    }
    text.remove_prefix(kDigits[count]);
  }
  const std::chrono::year_month_day date{std::chrono::year{parts[0]},
                                         std::chrono::month{static_cast<unsigned>(parts[1])},
                                         std::chrono::day{static_cast<unsigned>(parts[2])}};
  const bool is_hour_alone = count == 4;
  if (!text.empty() || count < 3 || is_hour_alone || !date.ok()) return std::nullopt;
  if (parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{parts[3]} +
         std::chrono::minutes{parts[4]} + std::chrono::seconds{parts[5]} +
         std::chrono::milliseconds{parts[6]};
}

}  // namespace avedge::trace
