#include "signaling-shim/trace/secrets.h"

#include <algorithm>
#include <array>

#include "signaling-shim/trace/message_parts.h"

namespace avedge::trace {
namespace {

/// Collects spans of one message; callers name them by views into it.
class Secrets {
 public:
  explicit Secrets(std::string_view message) : message_{message} {}

  void add(std::string_view secret) {
    if (secret.empty()) return;
    spans_.push_back({static_cast<std::size_t>(secret.data() - message_.data()), secret.size()});
  }

  /// In order and without overlaps: one rule may find what lies in another's span.
  std::vector<Span> take() {
    std::sort(spans_.begin(), spans_.end(),
              [](const Span& a, const Span& b) { return a.at < b.at; });
    std::vector<Span> merged;
    for (const Span& span : spans_) {
      if (merged.empty() || span.at >= merged.back().at + merged.back().size) {
        merged.push_back(span);
      } else {
        const std::size_t end =
            std::max(merged.back().at + merged.back().size, span.at + span.size);
        merged.back().size = end - merged.back().at;
      }
    }
    return merged;
  }

 private:
  std::string_view message_;
  std::vector<Span> spans_;
};

std::string_view until_any(std::string_view text, std::string_view stops) {
  return text.substr(0, text.find_first_of(stops));
}

/// Moves `rest` behind the next `mark`; false if there is none.
bool skip_behind(std::string_view& rest, std::string_view mark) {
  const std::size_t at = find_text(rest, mark);
  if (at == std::string_view::npos) return false;
  rest.remove_prefix(at + mark.size());
  return true;
}

/// Every run behind a `mark`, up to one of `stops`. What was taken is not looked at again, so the
/// time is linear however often a mark stands in the text.
void find_behind(std::string_view rest, std::string_view mark, std::string_view stops,
                 Secrets& secrets) {
  while (skip_behind(rest, mark)) {
    const std::string_view secret = until_any(rest, stops);
    secrets.add(secret);
    rest.remove_prefix(secret.size());
  }
}

// --- credentials ---------------------------------------------------------------------------------

bool carries_credentials(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames{
      "Authorization", "Proxy-Authorization", "Authentication-Info", "Proxy-Authentication-Info"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view one) { return text::equals_ignoring_case(name, one); });
}

/// Schemes made of parameters; of any other (Basic, Bearer) the whole is the secret.
bool has_parameters(std::string_view scheme) {
  constexpr std::array<std::string_view, 4> kSchemes{"Digest", "TLS-DSK", "NTLM", "Kerberos"};
  return std::any_of(kSchemes.begin(), kSchemes.end(),
                     [&](std::string_view one) { return text::equals_ignoring_case(scheme, one); });
}

/// What tells whose credentials these are, and for whom, but proves nothing.
bool is_harmless(std::string_view parameter) {
  constexpr std::array<std::string_view, 11> kNames{"realm",  "username", "uri",       "qop",
                                                    "nc",     "cnum",     "snum",      "algorithm",
                                                    "opaque", "version",  "targetname"};
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view one) {
    return text::equals_ignoring_case(parameter, one);
  });
}

/// Takes a parameter's value, a quoted string or a token, off `rest`; yields it without quotes.
std::string_view take_value(std::string_view& rest) {
  std::string_view value;
  if (!rest.starts_with('"')) {
    value = until_any(rest, ", \t\r\n");
    rest.remove_prefix(value.size());
    return value;
  }
  rest.remove_prefix(1);
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
  value = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return value;
}

void find_in_parameters(std::string_view rest, Secrets& secrets) {
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(", \t\r\n"), rest.size()));
    if (rest.empty()) return;
    const std::string_view name = until_any(rest, "=, \t\r\n");
    rest.remove_prefix(name.size());
    if (!rest.starts_with('=')) {
      secrets.add(name);
      continue;
    }
    rest.remove_prefix(1);
    const std::string_view value = take_value(rest);
    if (!is_harmless(name)) secrets.add(value);
  }
}

void find_in_credentials(std::string_view value, Secrets& secrets) {
  const std::string_view scheme = until_any(value, "= \t\r\n");
  const std::string_view rest = value.substr(scheme.size());
  // Authentication-Info of RFC 7616 names no scheme.
  if (rest.starts_with('=')) return find_in_parameters(value, secrets);
  if (has_parameters(scheme)) return find_in_parameters(rest, secrets);
  secrets.add(trimmed(rest));
}

// --- the rest of the head ------------------------------------------------------------------------

bool is_password_character(char c) {
  constexpr std::string_view kAllowed = "-_.!~*'()%&=+$,";  // RFC 3261 §25.1: password
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kAllowed.find(c) != std::string_view::npos;
}

/// `rest` stands behind "sip:". "user:password@" has a password; "host:5060" has none.
void find_uri_password(std::string_view rest, Secrets& secrets) {
  const std::string_view user = until_any(rest, ":@<>\" \t\r\n");
  rest.remove_prefix(user.size());
  if (!rest.starts_with(':')) return;
  rest.remove_prefix(1);
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_password_character);
  if (end == rest.end() || *end != '@') return;
  secrets.add(rest.substr(0, static_cast<std::size_t>(end - rest.begin())));
}

void find_uri_passwords(std::string_view head, Secrets& secrets) {
  for (const std::string_view scheme : {"sip:", "sips:"}) {
    std::string_view rest = head;
    while (skip_behind(rest, scheme)) find_uri_password(rest, secrets);
  }
}

void find_in_head(const MessageParts& parts, Secrets& secrets) {
  find_uri_passwords(parts.start_line, secrets);
  std::string_view rest = parts.fields;
  while (!rest.empty()) {
    const Field field = take_field(rest);
    if (carries_credentials(field.name)) {
      find_in_credentials(field.value, secrets);
      continue;
    }
    find_uri_passwords(field.line, secrets);
    find_behind(field.value, "ms-body=", "; \t\r\n", secrets);
  }
}

// --- the body ------------------------------------------------------------------------------------

/// a=candidate of draft-ietf-mmusic-ice-06: user name, component, password, transport. In its
/// successors a transport stands where the password is here.
void find_candidate_password(std::string_view value, Secrets& secrets) {
  std::array<std::string_view, 4> words;
  for (std::string_view& word : words) {
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    word = until_any(value, " ");
    value.remove_prefix(word.size());
  }
  const auto is_transport = [](std::string_view word) {
    return begins_with(word, "udp") || begins_with(word, "tcp");
  };
  if (!is_transport(words[2]) && is_transport(words[3])) secrets.add(words[2]);
}

void find_in_sdp_line(std::string_view line, Secrets& secrets) {
  const auto behind = [&](std::string_view prefix) { return line.substr(prefix.size()); };
  constexpr std::string_view kIcePassword = "a=ice-pwd:";
  constexpr std::string_view kCandidate = "a=candidate:";
  constexpr std::string_view kKey = "k=";
  if (begins_with(line, kIcePassword)) {
    secrets.add(behind(kIcePassword));
  } else if (begins_with(line, kCandidate)) {
    find_candidate_password(behind(kCandidate), secrets);
  } else if (begins_with(line, kKey)) {
    const std::size_t colon = line.find(':');  // the method says nothing, and k=prompt has no key
    if (colon != std::string_view::npos) secrets.add(line.substr(colon + 1));
  }
}

void find_in_body(std::string_view body, Secrets& secrets) {
  // RFC 4568 §6.1: "inline:" key||salt ["|" lifetime] ["|" MKI], more of them behind ";".
  find_behind(body, "inline:", "|; \t\r\n", secrets);
  // <password>…</password> of media relay credentials; to the end of a body that is cut off.
  find_behind(body, "<password>", "<", secrets);
  while (!body.empty()) find_in_sdp_line(take_line(body), secrets);
}

}  // namespace

std::vector<Span> find_secrets(std::string_view message) {
  Secrets secrets{message};
  const MessageParts parts = split_message(message);
  find_in_head(parts, secrets);
  if (begins_with(parts.start_line, "MESSAGE ")) {
    secrets.add(parts.body);
  } else {
    find_in_body(parts.body, secrets);
  }
  return secrets.take();
}

void mask_secrets(std::string& message) {
  for (const Span& span : find_secrets(message))
    message.replace(span.at, span.size, span.size, '*');
}

}  // namespace avedge::trace
