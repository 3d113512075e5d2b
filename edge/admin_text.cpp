#include "edge/admin_text.h"

#include <algorithm>
#include <map>
#include <vector>

namespace avedge::edge {
namespace {

using nlohmann::json;

bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c != 0x7f && c < 0x80; });
}

bool is_table(const json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const json& row) { return row.is_object(); });
}

/// What fits into one line.
std::string cell(const json& value) {
  if (value.is_string() && is_plain(value.get_ref<const std::string&>())) return value;
  if (value.is_null()) return "-";
  constexpr bool kAsciiOnly = true;
  return value.dump(-1, ' ', kAsciiOnly, json::error_handler_t::replace);
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string without_trailing_blanks(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

std::string table(const json& rows, const std::string& indent) {
  std::vector<std::pair<std::string, std::size_t>> columns;
  for (const json& row : rows) {
    for (const auto& [key, value] : row.items()) {
      auto column = std::find_if(columns.begin(), columns.end(),
                                 [&key = key](const auto& known) { return known.first == key; });
      if (column == columns.end()) column = columns.insert(column, {key, key.size()});
      column->second = std::max(column->second, cell(value).size());
    }
  }
  std::string text = indent;
  for (const auto& [key, width] : columns) text += padded(key, width + 2);
  text = without_trailing_blanks(std::move(text)) + "\n";
  for (const json& row : rows) {
    std::string line = indent;
    for (const auto& [key, width] : columns) {
      line += padded(row.contains(key) ? cell(row[key]) : "-", width + 2);
    }
    text += without_trailing_blanks(std::move(line)) + "\n";
  }
  return text;
}

std::string object(const json& fields, const std::string& indent) {
  std::size_t width = 0;
  for (const auto& [key, value] : fields.items()) width = std::max(width, key.size());
  std::string text;
  for (const auto& [key, value] : fields.items()) {
    if (is_table(value)) {
      text += indent + key + "\n" + table(value, indent + "  ");
    } else if (value.is_object() && !value.empty()) {
      text += indent + key + "\n" + object(value, indent + "  ");
    } else {
      text += indent + padded(key, width + 2) + cell(value) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string readable(const json& value) {
  if (is_table(value)) return table(value, "");
  if (value.is_object()) return object(value, "");
  if (value.is_array() && value.empty()) return "none\n";
  return cell(value) + "\n";
}

}  // namespace avedge::edge
