#include "signaling-shim/trace/record_writer.h"

#include <array>
#include <cstdio>

#include "signaling-shim/trace/message_parts.h"
#include "signaling-shim/trace/record_form.h"

namespace avedge::trace {
namespace {

constexpr std::string_view kEnd = "\r\n";

/// FNV-1a: the same Call-ID gives the same number in every run and on every edge.
std::uint32_t correlation_of(std::string_view call_id) {
  std::uint32_t hash = 2166136261U;
  for (const char c : call_id) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string first_line(const Message& message, const Author& author, std::uint32_t number) {
  const auto day = std::chrono::floor<std::chrono::days>(message.time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{
      std::chrono::floor<std::chrono::milliseconds>(message.time - day)};
  std::array<char, 96> line;
  const int size = std::snprintf(
      line.data(), line.size(),
      "TL_INFO(TF_PROTOCOL) [0]%04X.%04X::%02u/%02u/%04d-%02d:%02d:%02d.%03d.%08x", author.process,
      author.thread, static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()), number);
  return std::string(line.data(), static_cast<std::size_t>(size)) +
         " (SIPStack,SIPAdminLog::TraceProtocolRecord:avedge(0))" + std::string{kBeginRecord};
}

std::string direction_of(const Message& message) {
  const bool incoming = message.direction == Direction::incoming;
  const std::string local = "local";
  return (incoming ? "incoming;source=\"" : "outgoing;source=\"") +
         (incoming ? message.interface : local) + "\";destination=\"" +
         (incoming ? local : message.interface) + "\";transport=\"" +
         std::string{to_string(message.transport)} + "\";local=\"" + message.local.to_string() +
         "\"";
}

std::string instance_of(std::uint32_t number) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "%08X", number);
  return text.data();
}

/// `text` with the marks of a record made harmless.
void append_text(std::string& out, std::string_view text) {
  std::size_t done = 0;
  for (std::size_t at = text.find("$$"); at != std::string_view::npos;
       at = text.find("$$", at + 1)) {
    const std::string_view mark = text.substr(at);
    if (!begins_with(mark, kBeginRecord) && !begins_with(mark, kEndRecord)) continue;
    out.append(text.substr(done, at - done)).append("$_");
    done = at + 2;
  }
  out.append(text.substr(done));
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  append_text(out, value);
  out.append(kEnd);
}

bool is_named(std::string_view line, std::string_view name) {
  const std::string_view before_colon = line.substr(0, line.find(':'));
  return begins_with(line, name) && text::equals_ignoring_case(trimmed(before_colon), name);
}

void append_fields(std::string& out, std::string_view fields) {
  while (!fields.empty()) {
    const std::string_view line = take_line(fields);
    if (is_named(line, kMessageBody)) out.push_back('_');
    append_text(out, line);
    out.append(kEnd);
  }
}

}  // namespace

std::string record_of(const Message& message, const Author& author, std::uint32_t number) {
  const MessageParts parts = split_message(message.text);
  const auto call_id = find_field(parts.fields, "Call-ID", 'i').value_or("");
  std::string out = first_line(message, author, number);
  out.reserve(out.size() + message.text.size() + 400);
  out.append(kEnd);
  append_line(out, "Trace-Correlation-Id", std::to_string(correlation_of(call_id)));
  append_line(out, "Instance-Id", instance_of(number));
  append_line(out, "Direction", direction_of(message));
  append_line(out, "Peer", message.peer.to_string());
  append_line(out, "Message-Type", parts.start_line.starts_with("SIP/") ? "response" : "request");
  append_line(out, kStartLine, parts.start_line);
  append_fields(out, parts.fields);
  append_line(out, kMessageBody, parts.body.empty() ? kNoBody : parts.body);
  return out.append(kEndRecord).append(kEnd).append(kEnd);
}

}  // namespace avedge::trace
