#include "signaling-shim/sip/view.h"

#include <algorithm>
#include <bitset>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0";

bool singles_stand_alone(const HeaderIndex& header_index) {
  std::bitset<kHeaderIdCount> seen;
  for (const HeaderLine& header : header_index.headers()) {
    const auto index = static_cast<std::size_t>(header.id);
    if (is_single(header.id) && seen.test(index)) return false;
    seen.set(index);
  }
  return true;
}

/// Nothing if the header is absent or is not a name-addr; the tag may be empty.
std::optional<std::string_view> tag_of(const HeaderIndex& header_index, HeaderId id) {
  const HeaderLine* header = header_index.find(id);
  if (header == nullptr) return std::nullopt;
  const auto address = NameAddr::parse(header->value);
  if (!address) return std::nullopt;
  return address->parameters.value("tag").value_or("");
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), is_lws);
}

}  // namespace

std::string_view without_leading_crlf(std::string_view bytes) {
  while (bytes.substr(0, 2) == "\r\n") bytes.remove_prefix(2);
  return bytes;
}

Verdict<View> View::parse(std::string_view message, Framing framing) {
  message = without_leading_crlf(message);
  auto header_index = HeaderIndex::parse(message);
  if (!header_index) return header_index.reason();
  View view{std::move(*header_index)};
  if (view.read_start_line() && view.read_singles() && view.read_vias() &&
      view.read_body(message, framing)) {
    return view;
  }
  return DropReason::sip_malformed;
}

/// §7.1, §7.2: three parts with exactly one blank between them.
bool View::read_start_line() {
  const std::string_view line = header_index_.start_line();
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string_view::npos) return false;
  if (equals_ignoring_case(line.substr(0, first), kVersion)) {
    const std::string_view code = line.substr(first + 1, 3);
    const auto status = parse_number(code, 699);
    // Some senders omit the blank before an empty reason phrase.
    if (code.size() != 3 || !status || *status < 100) return false;
    if (line.size() > first + 4 && line[first + 4] != ' ') return false;
    status_ = static_cast<int>(*status);
    return true;
  }
  if (second == std::string_view::npos) return false;
  method_name_ = line.substr(0, first);
  request_uri_ = line.substr(first + 1, second - first - 1);
  return equals_ignoring_case(line.substr(second + 1), kVersion) && is_token(method_name_) &&
         Uri::parse(request_uri_).has_value();
}

bool View::read_singles() {
  if (!singles_stand_alone(header_index_)) return false;
  const auto from_tag = tag_of(header_index_, HeaderId::from);
  const auto to_tag = tag_of(header_index_, HeaderId::to);
  const HeaderLine* call_id = header_index_.find(HeaderId::call_id);
  const HeaderLine* cseq = header_index_.find(HeaderId::cseq);
  if (!from_tag || !to_tag || call_id == nullptr || cseq == nullptr) return false;
  from_tag_ = *from_tag;
  to_tag_ = *to_tag;
  call_id_ = call_id->value;
  if (const HeaderLine* hops = header_index_.find(HeaderId::max_forwards)) {
    max_forwards_ = parse_number(hops->value, 255);
    if (!max_forwards_) return false;
  }
  return is_visible(call_id_) && read_cseq(cseq->value);
}

/// §20.16: a number below 2^31 and the request's method.
bool View::read_cseq(std::string_view value) {
  const auto blank =
      static_cast<std::size_t>(std::find_if(value.begin(), value.end(), is_lws) - value.begin());
  const auto number = parse_number(value.substr(0, blank), 0x7fffffff);
  const std::string_view method = trim(value.substr(blank));
  if (!number || !is_token(method) || (is_request() && method != method_name_)) return false;
  cseq_ = *number;
  method_name_ = method;
  return true;
}

bool View::read_vias() {
  vias_ = list_items(header_index_, HeaderId::via);
  if (vias_.empty()) return false;
  const auto top = Via::parse(vias_.front().value);
  if (!top) return false;
  via_ = *top;
  return true;
}

/// §18.3: a datagram may be longer than Content-Length, never shorter; a stream needs the header.
bool View::read_body(std::string_view message, Framing framing) {
  std::size_t length = header_index_.rest().size();
  if (const HeaderLine* header = content_length()) {
    const auto announced = parse_number(header->value, kMaxMessageSize);
    if (!announced || *announced > length) return false;
    length = *announced;
  } else if (framing == Framing::stream) {
    return false;
  }
  body_ = header_index_.rest().substr(0, length);
  text_ = message.substr(0, header_index_.head().size() + length);
  return true;
}

std::string_view View::content_type() const {
  const HeaderLine* header = header_index_.find(HeaderId::content_type);
  return body_.empty() || header == nullptr ? std::string_view{} : header->value;
}

bool View::requires_100rel() const {
  const auto options = list_items(header_index_, HeaderId::require);
  return std::any_of(options.begin(), options.end(), [](const ListItem& item) {
    return equals_ignoring_case(item.value, "100rel");
  });
}

}  // namespace avedge::sip
