#include "signaling-shim/trace/media_summary.h"

#include <algorithm>
#include <array>
#include <vector>

#include "signaling-shim/trace/message_parts.h"

namespace avedge::trace {
namespace {

/// More are counted only.
constexpr std::size_t kShownStreams = 6;
constexpr std::size_t kMostStreams = 64;

std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  return word;
}

/// Reads SDP line by line; lines of other parts of a body begin with none of its letters and '='.
class Reader {
 public:
  void take(std::string_view line) {
    if (line == "v=0") begin_session();
    if (line.starts_with("c=IN IP4 ") || line.starts_with("c=IN IP6 ")) {
      take_connection(line.substr(9));
    }
    if (line.starts_with("m=")) begin_stream(line.substr(2));
    constexpr std::array<std::string_view, 3> kHolds{"a=sendonly", "a=recvonly", "a=inactive"};
    if (std::find(kHolds.begin(), kHolds.end(), line) != kHolds.end()) direction_ = line.substr(2);
  }

  std::string finish() {
    end_stream();
    std::string text;
    for (std::size_t i = 0; i < std::min(streams_.size(), kShownStreams); ++i) {
      text += (i == 0 ? "" : ", ") + streams_[i];
    }
    if (streams_.size() > kShownStreams) {
      text += ", and " + std::to_string(streams_.size() - kShownStreams) + " more";
    }
    return text;
  }

 private:
  void begin_session() {
    end_stream();
    session_address_ = {};
  }

  void take_connection(std::string_view address) {
    address = address.substr(0, address.find_first_of("/ "));
    (kind_.empty() ? session_address_ : address_) = address;
  }

  void begin_stream(std::string_view rest) {
    end_stream();
    kind_ = take_word(rest);
    port_ = take_word(rest);
    port_ = port_.substr(0, port_.find('/'));
  }

  void end_stream() {
    if (!kind_.empty() && streams_.size() < kMostStreams) {
      std::string text = describe();
      if (std::find(streams_.begin(), streams_.end(), text) == streams_.end()) {
        streams_.push_back(std::move(text));
      }
    }
    kind_ = port_ = address_ = direction_ = {};
  }

  [[nodiscard]] std::string describe() const {
    const std::string kind{kind_};
    if (port_ == "0") return kind + " off";
    const std::string_view address = address_.empty() ? session_address_ : address_;
    const bool v6 = address.find(':') != std::string_view::npos;
    std::string text = kind + (v6 ? " [" : " ") + std::string{address} + (v6 ? "]:" : ":");
    text += port_;
    return direction_.empty() ? text : text + " (" + std::string{direction_} + ")";
  }

  std::string_view session_address_;
  std::string_view kind_;  // empty: no stream has begun
  std::string_view port_;
  std::string_view address_;
  std::string_view direction_;
  std::vector<std::string> streams_;
};

}  // namespace

std::string media_summary(std::string_view body) {
  Reader reader;
  while (!body.empty()) reader.take(take_line(body));
  return reader.finish();
}

}  // namespace avedge::trace
