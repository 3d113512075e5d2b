// Forwards or answers one message: shared by stateless forwarding and INVITE transactions.
#pragma once

#include <optional>
#include <string_view>

#include "signaling-shim/sip/anchor_adapter.h"
#include "signaling-shim/sip/counters.h"
#include "signaling-shim/sip/message_writer.h"

namespace avedge::sip {

class MessageForwarder {
 public:
  MessageForwarder(const Settings& settings, const SigningKey& key, anchor::MediaAnchor& anchor,
                   Counters& counters)
      : settings_{settings}, signer_{key}, tokens_{signer_}, media_{anchor}, counters_{counters} {}
  MessageForwarder(const MessageForwarder&) = delete;
  MessageForwarder& operator=(const MessageForwarder&) = delete;

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Signer& signer() const { return signer_; }
  [[nodiscard]] const SignedTokens& tokens() const { return tokens_; }
  [[nodiscard]] AnchorAdapter& media() { return media_; }
  [[nodiscard]] Counters& counters() { return counters_; }
  [[nodiscard]] const std::string& interface_of(const SipFlow& flow) const {
    return settings_.at(flow.listener).interface;
  }

  /// The request for `context.downstream`, its media anchored. An ACK cannot be refused: if its
  /// answer cannot be anchored, it is sent without, and the callee hangs up.
  [[nodiscard]] Verdict<Send> request(Time now, const View& request, const RouteSet& routes,
                                      const ForwardContext& context);
  /// The response, sent to the source in `token`. If its media cannot be anchored, it is sent
  /// without its body: nothing leaks, and a caller without an answer hangs up (RFC 3261 §13.2.2.4),
  /// which also ends the callee's side of the call.
  [[nodiscard]] Send response(Time now, const View& response, const ViaToken& token,
                              const IpAddress& source);
  /// The same, or the reason why its media cannot be anchored.
  [[nodiscard]] Verdict<Send> anchored_response(Time now, const View& response,
                                                const ViaToken& token, const IpAddress& source);
  [[nodiscard]] Send response_without_body(const View& response, const ViaToken& token);
  /// Our own response to a request received from `from`; nothing if it cannot be answered.
  [[nodiscard]] std::optional<Send> own_response(const HeaderIndex& request, Method method,
                                                 const SipFlow& from, int status,
                                                 std::string extra_headers = {});
  /// Our own response to another party's request that we have already forwarded.
  [[nodiscard]] std::optional<Send> own_response_to_forwarded(const View& forwarded,
                                                              const SipFlow& upstream, int status);
  /// Whether a To tag is that of our own responses in this call to that address: only a receiver at
  /// that address can know it.
  [[nodiscard]] bool is_own_tag(std::string_view tag, std::string_view call_id,
                                const IpAddress& address) const;

 private:
  [[nodiscard]] Send passed_on(const View& response, const BodyChange& body, const ViaToken& token);
  [[nodiscard]] std::string own_tag(std::string_view call_id, const IpAddress& address) const;

  const Settings& settings_;
  Signer signer_;
  SignedTokens tokens_;
  AnchorAdapter media_;
  Counters& counters_;
};

/// Where responses to a request from `from` go (§18.2.2, RFC 3581 §4). For a stream: its
/// connection, or if that is closed the sent-by port of its host.
SipFlow response_path(const SipFlow& from, const Via& via);

}  // namespace avedge::sip
