#include "signaling-shim/trace/entry.h"

#include <charconv>

#include "signaling-shim/trace/message_parts.h"

namespace avedge::trace {
namespace {

std::string_view until_any(std::string_view text, std::string_view stops) {
  return text.substr(0, text.find_first_of(stops));
}

/// Behind the display name in quotes, which may hold anything.
std::string_view behind_quotes(std::string_view value) {
  if (!value.starts_with('"')) return value;
  std::size_t end = 1;
  while (end < value.size() && value[end] != '"') end += value[end] == '\\' ? 2 : 1;
  return value.substr(std::min(end + 1, value.size()));
}

struct Party {
  std::string_view uri;
  std::string_view tag;
};

/// From or To (RFC 3261 §20.20): name-addr or addr-spec, then parameters.
Party party_of(std::string_view value) {
  value = behind_quotes(value);
  Party party;
  const std::size_t open = value.find('<');
  if (open != std::string_view::npos) {
    party.uri = until_any(value.substr(open + 1), ">");
    value.remove_prefix(open + 1 + party.uri.size());
  } else {
    party.uri = until_any(value, "; \t\r\n");
  }
  const std::size_t tag = find_text(value, ";tag=");
  if (tag != std::string_view::npos) party.tag = until_any(value.substr(tag + 5), "; \t\r\n");
  return party;
}

/// "SIP/2.0 180 Ringing"
void read_status_line(std::string_view line, Facts& facts) {
  line.remove_prefix(std::min(line.find(' '), line.size()));
  line = trimmed(line);
  const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), facts.status);
  if (failed != std::errc{} || facts.status < 100 || facts.status > 699) facts.status = 699;
  facts.reason = trimmed(line.substr(static_cast<std::size_t>(end - line.data())));
}

}  // namespace

Facts facts_of(const Entry& entry) {
  Facts facts;
  const auto field = [&](std::string_view name, char compact) {
    return find_field(entry.fields, name, compact).value_or("");
  };
  if (begins_with(entry.start_line, "SIP/")) {
    read_status_line(entry.start_line, facts);
    const std::string_view cseq = field("CSeq", '\0');
    facts.method = trimmed(cseq.substr(std::min(cseq.find_first_of(" \t"), cseq.size())));
  } else {
    facts.method = until_any(entry.start_line, " \t");
  }
  facts.call_id = field("Call-ID", 'i');
  const Party from = party_of(field("From", 'f'));
  const Party to = party_of(field("To", 't'));
  facts.from_uri = from.uri;
  facts.from_tag = from.tag;
  facts.to_uri = to.uri;
  facts.to_tag = to.tag;
  return facts;
}

}  // namespace avedge::trace
