// A user agent, or whoever pretends to be one: keeps what it has received and sent, and writes
// valid messages from that.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::fuzz {

/// The latest first.
class Recent {
 public:
  void add(std::string message) {
    messages_.push_front(std::move(message));
    if (messages_.size() > kMost) messages_.pop_back();
  }
  /// Null if there are none.
  [[nodiscard]] const std::string* get(std::size_t index) const {
    return messages_.empty() ? nullptr : &messages_[index % messages_.size()];
  }

 private:
  static constexpr std::size_t kMost = 12;
  std::deque<std::string> messages_;
};

struct Body {
  std::string text;  // empty: none
  std::string content_type = "application/sdp";
};

class SipActor {
 public:
  SipActor(sip::SipFlow at, std::string user, std::string domain_called)
      : at_{std::move(at)}, user_{std::move(user)}, domain_{std::move(domain_called)} {}

  Recent received;
  Recent sent;

  [[nodiscard]] const sip::SipFlow& at() const { return at_; }
  [[nodiscard]] bool is_outside() const { return at_.listener == sip::testing::kExternal; }
  [[nodiscard]] std::string contact() const {
    return "<sip:" + user_ + "@" + at_.remote.to_string() + ">";
  }

  /// Outside a dialog.
  [[nodiscard]] std::string request(std::string_view method, std::string_view call,
                                    std::string_view branch, int cseq, const Body& body,
                                    std::string_view extra = "") const {
    std::string head =
        std::string{method} + " sip:somebody@" + domain_ + " SIP/2.0\n" + via(branch);
    head += "Max-Forwards: 70\nFrom: <sip:" + user_ + "@example>;tag=" + user_ + std::string{call} +
            "\nTo: <sip:somebody@" + domain_ + ">\nCall-ID: " + user_ + std::string{call} + "\n";
    return finish(std::move(head), method, cseq, body, extra);
  }

  /// In the dialog that `message`, a request or a response received, belongs to; `tag` is our own
  /// if it was a request.
  [[nodiscard]] std::string in_dialog(std::string_view message, std::string_view method,
                                      std::string_view tag, std::string_view branch, int cseq,
                                      const Body& body) const {
    const sip::View view = sip::testing::view_of(message);
    auto routes = sip::testing::values_of(view, sip::HeaderId::record_route);
    std::string mine = header(view, sip::HeaderId::to);
    std::string theirs = header(view, sip::HeaderId::from);
    if (view.is_request()) {
      if (view.to_tag().empty()) mine += ";tag=" + std::string{tag};
    } else {
      std::swap(mine, theirs);
      std::reverse(routes.begin(), routes.end());
    }
    std::string head = std::string{method} + " " + target(view) + " SIP/2.0\n" + via(branch) +
                       "Max-Forwards: 70\n";
    for (const std::string& route : routes) head += "Route: " + route + "\n";
    head +=
        "From: " + mine + "\nTo: " + theirs + "\nCall-ID: " + std::string{view.call_id()} + "\n";
    return finish(std::move(head), method, cseq, body, "");
  }

  /// CANCEL, or ACK to a failure, of a request that was sent: the same Via and target (RFC 3261
  /// §9.1, §17.1.1.3). `to` is that of the failure; empty: that of the request.
  [[nodiscard]] static std::string about(std::string_view request, std::string_view method,
                                         const std::string& to) {
    const sip::View view = sip::testing::view_of(request);
    const std::string_view line = view.header_index().start_line();
    std::string head = std::string{method} + std::string{line.substr(line.find(' '))} + "\n";
    for (const sip::HeaderId id : {sip::HeaderId::via, sip::HeaderId::route}) {
      const char* name = id == sip::HeaderId::via ? "Via: " : "Route: ";
      for (const std::string& value : sip::testing::values_of(view, id)) {
        head += name + value + "\n";
      }
    }
    head += "Max-Forwards: 70\nFrom: " + header(view, sip::HeaderId::from) +
            "\nTo: " + (to.empty() ? header(view, sip::HeaderId::to) : to) +
            "\nCall-ID: " + std::string{view.call_id()} + "\nCSeq: " + std::to_string(view.cseq()) +
            " " + std::string{method} + "\n";
    return sip::testing::with_body(head, "");
  }

  /// The value of the first header of that kind; empty if there is none.
  [[nodiscard]] static std::string header(const sip::View& view, sip::HeaderId id) {
    for (const sip::HeaderLine& line : view.header_index().headers()) {
      if (line.id == id) return std::string{line.value};
    }
    return "";
  }

 private:
  [[nodiscard]] std::string via(std::string_view branch) const {
    const std::string name = at_.transport == Transport::udp ? "UDP" : "TCP";
    return "Via: SIP/2.0/" + name + " " + at_.remote.to_string() + ";branch=z9hG4bK" + user_ +
           std::string{branch} + ";rport\n";
  }
  [[nodiscard]] std::string finish(std::string head, std::string_view method, int cseq,
                                   const Body& body, std::string_view extra) const {
    head += "CSeq: " + std::to_string(cseq) + " " + std::string{method} +
            "\nContact: " + contact() + "\n" + std::string{extra};
    if (!body.text.empty()) head += "Content-Type: " + body.content_type + "\n";
    return sip::testing::with_body(head, body.text);
  }
  /// Where the far party wants its requests: the URI of its Contact.
  [[nodiscard]] static std::string target(const sip::View& view) {
    const auto& headers = view.header_index().headers();
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [](const auto& line) { return line.name == "Contact"; });
    const std::string contact{found == headers.end() ? "" : found->value};
    const std::size_t open = contact.find('<');
    const std::size_t close = contact.find('>');
    if (open == std::string::npos || close == std::string::npos) return "sip:nowhere.invalid";
    return contact.substr(open + 1, close - open - 1);
  }

  sip::SipFlow at_;
  std::string user_;
  std::string domain_;
};

}  // namespace avedge::fuzz
