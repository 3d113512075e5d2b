#include "signaling-shim/anchor/sdp_bodies.h"

#include <algorithm>
#include <optional>
#include <string>

#include "ice/candidate/tokens.h"

namespace avedge::anchor {
namespace {

using text::equals_ignoring_case;
using text::trimmed;

/// Without blanks and line ends at either end: parameters are often folded.
std::string_view unfolded(std::string_view text) {
  constexpr std::string_view kFolding = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kFolding), text.size()));
  return text.substr(0, text.find_last_not_of(kFolding) + 1);
}

/// "type/subtype" without parameters.
std::string_view media_type(std::string_view content_type) {
  return unfolded(content_type.substr(0, content_type.find(';')));
}

bool is_multipart(std::string_view type) {
  constexpr std::string_view kPrefix = "multipart/";
  return equals_ignoring_case(type.substr(0, kPrefix.size()), kPrefix);
}

/// The value of one parameter, without its quotes; empty if it is absent.
std::string_view parameter(std::string_view content_type, std::string_view name) {
  std::size_t at = content_type.find(';');
  while (at != std::string_view::npos) {
    const std::string_view rest = content_type.substr(at + 1);
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return {};
    std::string_view value = rest.substr(equals + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    const bool is_quoted = !value.empty() && value.front() == '"';
    if (is_quoted) value.remove_prefix(1);
    const std::size_t end = value.find_first_of(is_quoted ? "\"" : "; \t\r\n");
    if (equals_ignoring_case(unfolded(rest.substr(0, equals)), name)) {
      return value.substr(0, end);
    }
    if (end == std::string_view::npos) return {};
    const std::string_view behind = value.substr(end);
    const std::size_t next = behind.find(';');
    if (next == std::string_view::npos) return {};
    at = static_cast<std::size_t>(behind.data() - content_type.data()) + next;
  }
  return {};
}

struct PartHeaders {
  std::string_view content_type;
  std::string_view content_length;
  std::string_view encoding;
};

class Walker {
 public:
  Verdict<void> walk(std::string_view content_type, std::string_view body, std::size_t depth) {
    const std::string_view type = media_type(content_type);
    if (equals_ignoring_case(type, "application/sdp")) {
      found_.texts.push_back(body);
      return {};
    }
    if (!is_multipart(type)) return {};
    if (depth == kMaxMimeDepth) return DropReason::sdp_unsupported;
    const std::string_view boundary = parameter(content_type, "boundary");
    if (boundary.empty()) return DropReason::sdp_malformed;
    return walk_parts(body, "--" + std::string{boundary}, depth);
  }

  SdpBodies found() && { return std::move(found_); }

 private:
  struct Delimiter {
    std::size_t begin;  // of the line end that belongs to it
    std::size_t end;    // after its own line
    bool is_last;
  };

  Verdict<void> walk_parts(std::string_view body, const std::string& dashes, std::size_t depth) {
    auto open = next_delimiter(body, dashes, 0);
    while (open && !open->is_last) {
      if (++parts_ > kMaxMimeParts) return DropReason::sdp_unsupported;
      const auto close = next_delimiter(body, dashes, open->end);
      // A tree that is cut off ends its last part.
      const std::size_t end = close ? std::max(close->begin, open->end) : body.size();
      const auto step = walk_part(body.substr(open->end, end - open->end), depth);
      if (!step) return step;
      open = close;
    }
    return {};
  }

  /// RFC 2046 §5.1.1: a delimiter stands at the start of a line, and the line end before it is its.
  static std::optional<Delimiter> next_delimiter(std::string_view body, std::string_view dashes,
                                                 std::size_t from) {
    for (std::size_t at = body.find(dashes, from); at != std::string_view::npos;
         at = body.find(dashes, at + 1)) {
      if (at != 0 && body[at - 1] != '\n') continue;
      std::string_view behind = body.substr(at + dashes.size());
      const bool is_last = behind.starts_with("--");
      const std::size_t line_end = std::min(behind.find('\n'), behind.size());
      const std::string_view padding = behind.substr(0, line_end);
      if (!is_last && padding.find_first_not_of(" \t\r") != std::string_view::npos) continue;
      Delimiter found{at, std::min(at + dashes.size() + line_end + 1, body.size()), is_last};
      if (found.begin > 0) --found.begin;
      if (found.begin > 0 && body[found.begin - 1] == '\r') --found.begin;
      return found;
    }
    return std::nullopt;
  }

  Verdict<void> walk_part(std::string_view part, std::size_t depth) {
    const PartHeaders headers = take_headers(part);
    const std::string_view type = media_type(headers.content_type);
    const bool is_relevant = equals_ignoring_case(type, "application/sdp") || is_multipart(type);
    if (is_relevant && !is_readable(headers.encoding)) return DropReason::sdp_unsupported;
    if (const auto step = walk(headers.content_type, part, depth + 1); !step) return step;
    if (is_relevant && !headers.content_length.empty()) {
      found_.sized.push_back({part, headers.content_length});
    }
    return {};
  }

  static bool is_readable(std::string_view encoding) {
    return encoding.empty() || equals_ignoring_case(encoding, "7bit") ||
           equals_ignoring_case(encoding, "8bit") || equals_ignoring_case(encoding, "binary");
  }

  /// Leaves `part` at its body, after the empty line.
  static PartHeaders take_headers(std::string_view& part) {
    PartHeaders headers;
    while (!part.empty()) {
      const std::string_view field = take_field(part);
      const std::size_t colon = field.find(':');
      if (field.empty()) break;
      if (colon == std::string_view::npos) continue;
      const std::string_view name = trimmed(field.substr(0, colon));
      const std::string_view value = trimmed(field.substr(colon + 1));
      if (equals_ignoring_case(name, "Content-Type")) headers.content_type = value;
      if (equals_ignoring_case(name, "Content-Length")) headers.content_length = value;
      if (equals_ignoring_case(name, "Content-Transfer-Encoding")) headers.encoding = value;
    }
    return headers;
  }

  /// One header field with its folded lines, without the last line end; empty at the empty line.
  static std::string_view take_field(std::string_view& part) {
    std::size_t end = line_end(part, 0);
    const bool is_field = part.substr(0, end).find_first_not_of("\r\n") != std::string_view::npos;
    while (is_field && end < part.size() && (part[end] == ' ' || part[end] == '\t')) {
      end = line_end(part, end);
    }
    std::string_view field = part.substr(0, end);
    part.remove_prefix(end);
    while (!field.empty() && (field.back() == '\n' || field.back() == '\r')) field.remove_suffix(1);
    return field;
  }

  /// The position after the line that contains `from`.
  static std::size_t line_end(std::string_view text, std::size_t from) {
    const std::size_t at = text.find('\n', from);
    return at == std::string_view::npos ? text.size() : at + 1;
  }

  SdpBodies found_;
  std::size_t parts_ = 0;
};

}  // namespace

Verdict<SdpBodies> find_sdp(std::string_view content_type, std::string_view body) {
  if (body.empty()) return SdpBodies{};
  // RFC 3261 §20.15 requires a Content-Type; many clients treat a body without one as SDP.
  if (trimmed(content_type).empty()) {
    if (!body.starts_with("v=") && !body.starts_with("o=")) return SdpBodies{};
    return SdpBodies{{body}, {}};
  }
  Walker walker;
  if (const auto step = walker.walk(content_type, body, 0); !step) return step.reason();
  return std::move(walker).found();
}

}  // namespace avedge::anchor
