#include "signaling-shim/sip/route_set.h"

#include <algorithm>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

std::optional<Uri> uri_of(const ListItem& item) {
  const auto address = NameAddr::parse(item.value);
  return address ? Uri::parse(address->uri) : std::nullopt;
}

std::string_view uri_text_of(const ListItem& item) {
  const auto address = NameAddr::parse(item.value);
  return address ? address->uri : std::string_view{};
}

}  // namespace

bool names_us(const Uri& uri, const Settings& settings) {
  if (!uri.is_sip()) return false;
  const auto is_host = [&](const std::string& name) {
    return equals_ignoring_case(name, uri.location.host);
  };
  if (std::any_of(settings.names.begin(), settings.names.end(), is_host)) return true;
  const Port port = uri.location.port.value_or(uri.is_secure() ? kSipsPort : kSipPort);
  const auto address = uri.location.address();
  return std::any_of(settings.listeners.begin(), settings.listeners.end(),
                     [&](const Listener& ours) {
                       if (!address) return is_host(ours.name) && ours.advertised.port == port;
                       return ours.local == Endpoint{*address, port} ||
                              ours.advertised == Endpoint{*address, port};
                     });
}

RouteSet::RouteSet(const View& request)
    : call_id_{request.call_id()},
      received_uri_{request.request_uri()},
      request_uri_{received_uri_},
      items_{list_items(request.header_index(), HeaderId::route)},
      end_{items_.size()} {}

Verdict<RouteSet> RouteSet::read(const View& request, const SignedTokens& tokens,
                                 const Settings& settings, ListenerIndex arrived) {
  RouteSet set{request};
  if (auto done = set.undo_strict_routing(tokens); !done) return done.reason();
  if (auto done = set.take_own(tokens, settings); !done) return done.reason();
  if (auto done = set.check_pair(settings, arrived); !done) return done.reason();
  return set;
}

/// §16.4: a strict router before us has put our Record-Route into the Request-URI, and the real URI
/// after all other routes.
Verdict<void> RouteSet::undo_strict_routing(const SignedTokens& tokens) {
  const auto uri = Uri::parse(received_uri_);
  if (!uri || !uri->parameters.has(kTokenParameter)) return {};
  if (items_.empty()) return DropReason::sip_forged_route;
  if (auto taken = take_token(*uri, tokens); !taken) return taken;
  --end_;
  request_uri_ = uri_text_of(items_[end_]);
  if (request_uri_.empty()) return DropReason::sip_malformed;
  return {};
}

/// At most two tokens of ours: a call that crosses the edge twice has another pair after them, for
/// its next visit.
Verdict<void> RouteSet::take_own(const SignedTokens& tokens, const Settings& settings) {
  for (; own_ < end_ && tokens_.size() < 2; ++own_) {
    const auto uri = uri_of(items_[own_]);
    if (!uri) return DropReason::sip_malformed;
    if (uri->parameters.has(kTokenParameter)) {
      if (auto taken = take_token(*uri, tokens); !taken) return taken;
    } else if (!names_us(*uri, settings)) {
      break;
    }
  }
  if (own_ < end_ && !uri_of(items_[own_])) return DropReason::sip_malformed;
  return {};
}

Verdict<void> RouteSet::take_token(const Uri& uri, const SignedTokens& tokens) {
  const auto signed_text = uri.parameters.value(kTokenParameter).value_or("");
  if (const auto token = tokens.verify_record_route(signed_text, call_id_)) {
    tokens_.push_back(*token);
    return {};
  }
  if (path_ || !tokens_.empty()) return DropReason::sip_forged_route;
  path_ = tokens.verify_path(signed_text);
  if (!path_) return DropReason::sip_forged_route;
  return {};
}

Verdict<void> RouteSet::check_pair(const Settings& settings, ListenerIndex arrived) {
  if (path_) return check_path(settings, arrived);
  if (tokens_.empty()) return {};
  if (tokens_.size() != 2 || tokens_[0].session != tokens_[1].session ||
      tokens_[0].faces == tokens_[1].faces) {
    return DropReason::sip_forged_route;
  }
  const std::size_t listeners = settings.listeners.size();
  for (const RecordRouteToken& token : tokens_) {
    if (static_cast<std::size_t>(token.flow.listener) >= listeners) {
      return DropReason::sip_forged_route;
    }
  }
  if (settings.at(tokens_[0].flow.listener).interface != settings.at(arrived).interface) {
    return DropReason::sip_forged_route;
  }
  dialog_ = DialogTokens{tokens_[0], tokens_[1]};
  return {};
}

/// The client learns its own Path from the 200 (RFC 3327 §5.3) and must not be able to use it.
Verdict<void> RouteSet::check_path(const Settings& settings, ListenerIndex arrived) const {
  const std::size_t listeners = settings.listeners.size();
  const bool exists = static_cast<std::size_t>(path_->client.listener) < listeners &&
                      static_cast<std::size_t>(path_->facing) < listeners;
  if (!tokens_.empty() || !exists ||
      settings.at(path_->facing).interface != settings.at(arrived).interface) {
    return DropReason::sip_forged_route;
  }
  return {};
}

std::string_view RouteSet::next_uri() const {
  return own_ < end_ ? uri_text_of(items_[own_]) : request_uri_;
}

bool RouteSet::next_is_strict() const {
  if (!dialog_ || own_ == end_) return false;
  const auto uri = uri_of(items_[own_]);
  return uri && uri->is_sip() && !uri->parameters.has("lr");
}

void RouteSet::apply(text::EditList& edits) const {
  if (items_.empty()) return;
  const bool strict = next_is_strict();
  const std::size_t kept = strict ? own_ + 1 : own_;
  if (kept == end_) {
    if (kept > 0 || end_ < items_.size()) erase_items(items_, 0, items_.size(), edits);
  } else {
    erase_items(items_, 0, kept, edits);
    erase_items(items_, end_, items_.size(), edits);
  }
  const std::string_view uri = strict ? next_uri() : request_uri_;
  if (uri != received_uri_) edits.replace(received_uri_, std::string{uri});
  if (!strict) return;
  edits.insert_after(items_.back().line->line, "Route: <" + std::string{request_uri_} + ">\r\n");
}

}  // namespace avedge::sip
