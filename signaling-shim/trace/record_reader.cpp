#include "signaling-shim/trace/record_reader.h"

#include <array>
#include <charconv>

#include "signaling-shim/trace/message_parts.h"
#include "signaling-shim/trace/record_form.h"

namespace avedge::trace {
namespace {

/// Takes a number of exactly `digits` digits and the separator behind it off `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits, char separator) {
  int value = 0;
  const auto [end, failed] =
      std::from_chars(text.data(), text.data() + std::min(digits, text.size()), value);
  const auto used = static_cast<std::size_t>(end - text.data());
  if (failed != std::errc{} || used != digits || value < 0) return std::nullopt;
  if (!text.substr(digits).starts_with(separator)) return std::nullopt;
  text.remove_prefix(digits + 1);
  return value;
}

/// "MM/DD/YYYY-HH:MM:SS.mmm."
std::optional<WallTime> parse_time(std::string_view text) {
  constexpr std::array<std::pair<std::size_t, char>, 7> kParts{
      {{2, '/'}, {2, '/'}, {4, '-'}, {2, ':'}, {2, ':'}, {2, '.'}, {3, '.'}}};
  std::array<int, kParts.size()> numbers;
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    const auto number = take_number(text, kParts[i].first, kParts[i].second);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  const auto [month, day, year, hour, minute, second, millisecond] = numbers;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + std::chrono::milliseconds{millisecond};
}

/// The time in "[0]139C.1770::11/15/2012-23:47:22.467.00003925 (…)$$begin_record".
std::optional<WallTime> time_of(std::string_view title) {
  const std::size_t at = title.find("::");
  return at == std::string_view::npos ? std::nullopt : parse_time(title.substr(at + 2));
}

/// The value of `;name="value"` in Direction.
std::string_view parameter(std::string_view direction, std::string_view name) {
  const std::size_t at = find_text(direction, ";" + std::string{name} + "=\"");
  if (at == std::string_view::npos) return {};
  const std::string_view value = direction.substr(at + name.size() + 3);
  return value.substr(0, value.find('"'));
}

bool read_direction(std::string_view value, Entry& entry) {
  if (begins_with(value, "outgoing")) {
    entry.direction = Direction::outgoing;
  } else if (!begins_with(value, "incoming")) {
    return false;
  }
  entry.transport = parameter(value, "transport");
  entry.local = parameter(value, "local");
  return true;
}

bool stands_for_nothing(std::string_view body) {
  return body == kNoBody || body == "\x96" || body == "-";  // U+2013, and that of Windows-1252
}

/// What stands behind "Message-Body:", without the line end in front of $$end_record.
std::string_view body_of(std::string_view rest, std::string_view fields) {
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  if (stands_for_nothing(rest)) return {};
  const std::string_view length = find_field(fields, "Content-Length", 'l').value_or("");
  std::size_t size = rest.size();
  std::from_chars(length.data(), length.data() + length.size(), size);
  return rest.substr(0, size);
}

}  // namespace

std::optional<Entry> RecordReader::next() {
  while (next_record()) {
    if (auto entry = parse_record()) return entry;
  }
  return std::nullopt;
}

bool RecordReader::next_line() {
  line_.clear();
  for (int c = in_.sbumpc(); c != std::char_traits<char>::eof(); c = in_.sbumpc()) {
    if (line_.size() < kLargestRecord || c == '\n') line_.push_back(static_cast<char>(c));
    if (c == '\n') return true;
  }
  return !line_.empty();
}

/// Fills title_ and record_ with the next record that is complete and not too large.
bool RecordReader::next_record() {
  bool inside = false;
  record_.clear();
  while (next_line()) {
    if (line_.find(kBeginRecord) != std::string::npos) {
      if (inside) ++damaged_;
      title_ = line_;
      record_.clear();
      inside = true;
    } else if (inside && line_.starts_with(kEndRecord)) {
      return true;
    } else if (inside && record_.size() + line_.size() > kLargestRecord) {
      ++damaged_;
      inside = false;
    } else if (inside) {
      record_ += line_;
    }
  }
  if (inside) ++damaged_;
  return false;
}

/// Nothing if the record is no SIP message: servers log other things in the same form.
std::optional<Entry> RecordReader::parse_record() {
  time_ = time_of(title_).value_or(time_);
  Entry entry;
  entry.time = time_;
  bool has_direction = false;
  std::string_view rest = record_;
  while (!rest.empty() && entry.start_line.empty()) {
    const Field field = take_field(rest);
    if (text::equals_ignoring_case(field.name, "Direction"))
      has_direction = read_direction(field.value, entry);
    if (text::equals_ignoring_case(field.name, "Peer")) entry.peer = field.value;
    if (text::equals_ignoring_case(field.name, kStartLine)) entry.start_line = field.value;
  }
  if (entry.start_line.empty()) return std::nullopt;
  if (!has_direction) {
    ++damaged_;
    return std::nullopt;
  }
  const std::string mark = std::string{kMessageBody} + ':';
  const char* const fields = rest.data();
  while (!rest.empty() && !begins_with(rest, mark)) (void)take_line(rest);
  entry.fields.assign(fields, rest.data());
  if (!rest.empty()) entry.body = body_of(rest.substr(mark.size()), entry.fields);
  return entry;
}

}  // namespace avedge::trace
