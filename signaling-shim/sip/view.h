// A SIP message, validated once and read in place. Everything a proxy must understand in a View
// (RFC 3261 §16.3 step 1) is present, unique and consistent.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "relay/core/drop_reason.h"
#include "signaling-shim/sip/header_index.h"
#include "signaling-shim/sip/list_header.h"
#include "signaling-shim/sip/method.h"
#include "signaling-shim/sip/uri.h"
#include "signaling-shim/sip/via.h"

namespace avedge::sip {

/// Where a message ends: a datagram ends by itself, a stream needs Content-Length (§18.3).
enum class Framing : std::uint8_t { datagram, stream };

class View {
 public:
  /// Lives as long as the bytes of `message`. CRLFs before the start line are skipped (§7.5), bytes
  /// beyond Content-Length are cut off. Fails with sip_malformed or sip_too_large.
  static Verdict<View> parse(std::string_view message, Framing framing);
  // Move only: list items point into the header index.
  View(View&&) = default;
  View& operator=(View&&) = default;

  /// The message itself: from start line to the end of the body.
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const HeaderIndex& header_index() const { return header_index_; }
  [[nodiscard]] std::string_view body() const { return body_; }

  [[nodiscard]] bool is_request() const { return status_ == 0; }
  /// Requests only.
  [[nodiscard]] std::string_view request_uri() const { return request_uri_; }
  /// 100–699, or 0 for a request.
  [[nodiscard]] int status() const { return status_; }

  /// The method; in a response, that of CSeq.
  [[nodiscard]] Method method() const { return method_of(method_name_); }
  [[nodiscard]] std::string_view method_name() const { return method_name_; }
  [[nodiscard]] std::uint32_t cseq() const { return cseq_; }
  [[nodiscard]] std::string_view call_id() const { return call_id_; }
  [[nodiscard]] std::string_view from_tag() const { return from_tag_; }
  /// Empty outside a dialog.
  [[nodiscard]] std::string_view to_tag() const { return to_tag_; }

  /// The topmost Via; its list is never empty.
  [[nodiscard]] const Via& via() const { return via_; }
  [[nodiscard]] const std::vector<ListItem>& vias() const { return vias_; }
  [[nodiscard]] std::optional<std::uint32_t> max_forwards() const { return max_forwards_; }
  [[nodiscard]] const HeaderLine* content_length() const {
    return header_index_.find(HeaderId::content_length);
  }
  /// Empty without a body.
  [[nodiscard]] std::string_view content_type() const;
  /// RFC 3262 §3: this provisional response, or the one this request requires, is reliable.
  [[nodiscard]] bool requires_100rel() const;

 private:
  explicit View(HeaderIndex header_index) : header_index_{std::move(header_index)} {}
  bool read_start_line();
  bool read_singles();
  bool read_cseq(std::string_view value);
  bool read_vias();
  bool read_body(std::string_view message, Framing framing);

  HeaderIndex header_index_;
  std::string_view text_;
  std::string_view body_;
  std::string_view request_uri_;
  int status_ = 0;
  std::string_view method_name_;
  std::uint32_t cseq_ = 0;
  std::string_view call_id_;
  std::string_view from_tag_;
  std::string_view to_tag_;
  Via via_;
  std::vector<ListItem> vias_;
  std::optional<std::uint32_t> max_forwards_;
};

/// CRLFs before a start line belong to no message (§7.5; keep-alives of RFC 5626 §3.5.1).
std::string_view without_leading_crlf(std::string_view bytes);

}  // namespace avedge::sip
