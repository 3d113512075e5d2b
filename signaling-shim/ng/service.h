// The ng protocol without its sockets: a message in, its reply out.
#pragma once

#include <optional>

#include "signaling-shim/ng/calls.h"
#include "signaling-shim/ng/cookie_cache.h"
#include "signaling-shim/ng/counters.h"
#include "signaling-shim/ng/frame.h"

namespace avedge::ng {

/// Tells the seconds of the civil calendar that replies are stamped with.
using UnixClock = UnixSeconds (*)();

/// Signalling thread only.
class Service {
 public:
  /// Everything outlives this.
  Service(Time now, anchor::Sessions& sessions, const Settings& settings, Counters& counters,
          UnixClock unix_clock);

  /// A message with its cookie, of a client that `peer` names (the same for what it repeats).
  /// Nothing is to be sent without a cookie.
  [[nodiscard]] std::optional<std::string> on_message(Time now, std::string_view peer,
                                                      std::string_view message);
  /// A bare dictionary, whose transport keeps requests and replies together. Never repeated.
  [[nodiscard]] std::string on_payload(Time now, std::string_view payload);

  /// Meant to be called about once a second.
  void expire(Time now) { calls_.expire(now); }

 private:
  /// A reply before it is encoded.
  struct Reply {
    ReplyKind kind = ReplyKind::ok;
    Value::Dictionary content;

    Reply(ReplyKind how, Value::Dictionary what) : kind{how}, content{std::move(what)} {}
    Reply(const Failure& failure)  // implicit: a failure is a reply
        : kind{ReplyKind::error}, content{{"error-reason", failure.text}} {}
  };

  [[nodiscard]] Outcome<Value> decode(std::string_view payload);
  [[nodiscard]] Reply carry_out(Time now, const Value& request);
  [[nodiscard]] Reply run(Time now, Command command, const Options& request);
  [[nodiscard]] Reply offer(Time now, const Options& request);
  [[nodiscard]] Reply answer(Time now, const Options& request);
  [[nodiscard]] Reply remove(Time now, const Options& request);
  [[nodiscard]] Reply query(Time now, const Options& request);
  [[nodiscard]] Reply list(const Options& request) const;
  [[nodiscard]] Reply statistics(Time now);
  [[nodiscard]] Reply refused(const Failure& failure, const Options& request);
  [[nodiscard]] std::string encoded(Reply reply, Encoding encoding);

  anchor::Sessions& sessions_;
  Counters& counters_;
  UnixClock unix_clock_;
  Calls calls_;
  CookieCache cache_;
  Time started_;
};

}  // namespace avedge::ng
