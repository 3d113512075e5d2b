// The Route headers of a request (RFC 3261 §16.4): which are ours, the dialog state in our signed
// ones, and where the others lead.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "signaling-shim/sip/settings.h"
#include "signaling-shim/sip/signed_tokens.h"
#include "signaling-shim/sip/view.h"
#include "signaling-shim/text/edit_list.h"

namespace avedge::sip {

/// The content of our pair of Record-Route values: one of them faces the request's sender.
struct DialogTokens {
  RecordRouteToken sender;
  RecordRouteToken target;
};

class RouteSet {
 public:
  /// Reads the routes of `request`, received through `arrived`; lives as long as `request`. Fails
  /// with sip_forged_route if a token of ours is not genuine, is not from this dialog, or arrived
  /// on the wrong side; with sip_malformed if a value cannot be read.
  static Verdict<RouteSet> read(const View& request, const SignedTokens& tokens,
                                const Settings& settings, ListenerIndex arrived);

  /// Nothing for a request outside a dialog of ours.
  [[nodiscard]] const std::optional<DialogTokens>& dialog() const { return dialog_; }
  /// The client that registered through us, for a request of its registrar outside a dialog.
  [[nodiscard]] const std::optional<PathToken>& path() const { return path_; }
  /// The Request-URI: the real one, where a strict router has moved it (§16.4).
  [[nodiscard]] std::string_view request_uri() const { return request_uri_; }
  /// The URI of an in-dialog request's next hop: first foreign route, or Request-URI.
  [[nodiscard]] std::string_view next_uri() const;

  /// Removes our values, and brings Request-URI and Route into the form the next hop of an
  /// in-dialog request expects (§16.6 step 6).
  void apply(text::EditList& edits) const;

 private:
  explicit RouteSet(const View& request);
  Verdict<void> undo_strict_routing(const SignedTokens& tokens);
  Verdict<void> take_own(const SignedTokens& tokens, const Settings& settings);
  Verdict<void> check_pair(const Settings& settings, ListenerIndex arrived);
  [[nodiscard]] Verdict<void> check_path(const Settings& settings, ListenerIndex arrived) const;
  Verdict<void> take_token(const Uri& uri, const SignedTokens& tokens);
  [[nodiscard]] bool next_is_strict() const;

  std::string_view call_id_;
  std::string_view received_uri_;
  std::string_view request_uri_;
  std::vector<ListItem> items_;
  std::size_t own_ = 0;  // items_[0, own_) are ours
  std::size_t end_ = 0;  // items_[own_, end_) are foreign; after it: the real Request-URI
  std::vector<RecordRouteToken> tokens_;
  std::optional<DialogTokens> dialog_;
  std::optional<PathToken> path_;
};

/// Whether a URI names one of our listeners, by local or advertised address, or the edge by name.
bool names_us(const Uri& uri, const Settings& settings);

}  // namespace avedge::sip
