#include "signaling-shim/ng/options.h"

#include <algorithm>
#include <charconv>

namespace avedge::ng {
namespace {

/// "Trust_Address" and "trust address" are "trust-address".
std::string normalised(std::string_view name) {
  std::string plain{name};
  for (char& c : plain) {
    if (c == ' ' || c == '_') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return plain;
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

// One setter for each option; `value` is empty for a mere flag. What cannot be understood is
// ignored, like an unknown option.

void set_direction(Options& options, std::string_view value) {
  if (!value.empty() && options.direction.size() < 2) options.direction.emplace_back(value);
}

void set_interface(Options& options, std::string_view value) {
  if (!value.empty()) options.direction.assign(2, std::string{value});
}

/// A list of family and address, of which the address counts.
void set_received_from(Options& options, std::string_view value) {
  if (const auto address = IpAddress::parse(value)) options.received_from = address;
}

void set_media_address(Options& options, std::string_view value) {
  if (const auto address = IpAddress::parse(value)) options.media_address = address;
}

void set_address_family(Options& options, std::string_view value) {
  const std::string family = normalised(value);
  if (family == "ip4" || family == "ipv4") options.address_family = AddressFamily::ipv4;
  if (family == "ip6" || family == "ipv6") options.address_family = AddressFamily::ipv6;
}

void set_ice(Options& options, std::string_view value) {
  const std::string mode = normalised(value);
  if (mode == "remove") options.ice = Ice::remove;
  if (mode == "force" || mode == "force-relay") options.ice = Ice::force;
  if (mode == "optional" || mode == "default") options.ice = Ice::pass;
}

void set_rtcp_mux(Options& options, std::string_view value) {
  const std::string mode = normalised(value);
  if (mode == "demux" || mode == "reject") options.removes_rtcp_mux = true;
}

void set_endpoint_learning(Options& options, std::string_view value) {
  const std::string mode = normalised(value);
  if (mode == "immediate") options.timing = LatchTiming::immediate;
  if (mode == "delayed") options.timing = LatchTiming::delayed;
  if (mode == "heuristic") options.timing = LatchTiming::heuristic;
  options.learns_nothing = mode == "off";
}

void set_media_handover(Options& options, std::string_view) {
  options.has_media_handover = true;
  options.warnings.push_back(
      "media-handover: only to the addresses that the SDP or received-from admits, after 2 s of "
      "silence");
}

void set_supports(Options& options, std::string_view value) {
  if (normalised(value) == "load-limit") options.knows_load_limit = true;
}

void set_delete_delay(Options& options, std::string_view value) {
  constexpr std::int64_t kLongest = 3600;
  const auto seconds = number_of(value);
  if (seconds) {
    options.delete_delay = std::chrono::seconds{std::clamp(*seconds, std::int64_t{0}, kLongest)};
  }
}

void set_limit(Options& options, std::string_view value) {
  constexpr std::int64_t kMost = 1000;
  const auto limit = number_of(value);
  if (limit) options.limit = static_cast<std::size_t>(std::clamp(*limit, std::int64_t{0}, kMost));
}

/// "1" or "yes" ask for it; "0" and "off" do not.
void warn_of_recording(Options& options, std::string_view value) {
  if (value != "0" && value != "no" && value != "off") {
    options.warnings.push_back("recording is not supported");
  }
}

void warn_of_tos(Options& options, std::string_view) {
  options.warnings.push_back("TOS is left to the edge");
}

void warn_of_codecs(Options& options, std::string_view) {
  options.warnings.push_back("codecs are passed as they are");
}

template <bool Options::*flag, bool value>
void set(Options& options, std::string_view) {
  options.*flag = value;
}

struct Setter {
  std::string_view name;
  void (*apply)(Options&, std::string_view value);
  /// May stand in one word with its value: "codec-strip-opus" is "codec" with "strip-opus".
  bool folds = false;
};

constexpr Setter kSetters[] = {
    {"direction", set_direction},
    {"interface", set_interface},
    {"received-from", set_received_from},
    {"media-address", set_media_address},
    {"address-family", set_address_family},
    {"transport-protocol",
     [](Options& options, auto value) { options.transport_protocol = value; }},
    {"ice", set_ice, true},
    {"rtcp-mux", set_rtcp_mux, true},
    {"endpoint-learning", set_endpoint_learning, true},
    {"supports", set_supports},
    {"delete-delay", set_delete_delay},
    {"limit", set_limit},
    {"via-branch", [](Options& options, auto value) { options.via_branch = value; }},
    {"sip-source-address", set<&Options::trusts_only_source, true>},
    {"trust-address", set<&Options::trusts_only_source, false>},
    {"strict-source", set<&Options::has_strict_source, true>},
    {"media-handover", set_media_handover},
    {"asymmetric", set<&Options::is_asymmetric, true>},
    {"symmetric", set<&Options::is_asymmetric, false>},
    {"loop-protect", set<&Options::protects_from_loops, true>},
    {"to-tag", set<&Options::matches_to_tag, true>},
    {"fatal", set<&Options::is_fatal, true>},
    {"record-call", warn_of_recording},
    {"tos", warn_of_tos},
    {"codec", warn_of_codecs, true},
    {"transcode", warn_of_codecs, true},
};

bool is_folded(std::string_view name, const Setter& setter) {
  const std::size_t size = setter.name.size();
  return setter.folds && name.size() > size && name.starts_with(setter.name) && name[size] == '-';
}

void apply(Options& options, std::string_view name, std::string_view value) {
  const std::string plain = normalised(name);
  for (const Setter& setter : kSetters) {
    if (plain == setter.name) return setter.apply(options, value);
  }
  for (const Setter& setter : kSetters) {
    if (is_folded(plain, setter)) {
      return setter.apply(options, name.substr(setter.name.size() + 1));
    }
  }
  if (plain.starts_with("rtp/") || plain.starts_with("udp/tls/")) options.transport_protocol = name;
}

/// "name" or "name=value".
void apply_flag(Options& options, std::string_view flag) {
  const std::size_t equals = flag.find('=');
  const bool has_value = equals != std::string_view::npos;
  apply(options, flag.substr(0, equals), has_value ? flag.substr(equals + 1) : "");
}

/// "name name=value name=[value value]", all in one.
void apply_words(Options& options, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    const std::size_t list = word.find("=[");
    if (list == std::string_view::npos) {
      apply_flag(options, word);
      words.remove_prefix(std::min(end + 1, words.size()));
      continue;
    }
    const std::size_t close = std::min(words.find(']', list), words.size());
    std::string_view values = words.substr(list + 2, close - list - 2);
    while (!values.empty()) {
      const std::size_t blank = std::min(values.find(' '), values.size());
      if (blank > 0) apply(options, word.substr(0, list), values.substr(0, blank));
      values.remove_prefix(std::min(blank + 1, values.size()));
    }
    words.remove_prefix(std::min(close + 1, words.size()));
  }
}

/// Every text in `value`: itself, or those of its list.
template <class ConnectionSlot>
void for_each_text(const Value& value, ConnectionSlot&& visit) {
  if (const auto* text = value.text()) return visit(std::string_view{*text});
  if (const auto* number = value.number()) return visit(std::string_view{std::to_string(*number)});
  if (value.list() == nullptr) return;
  for (const Value& item : *value.list()) {
    if (const auto* text = item.text()) visit(std::string_view{*text});
  }
}

/// The keys that say which call and what; null for all others.
std::string_view* field_named(Options& options, std::string_view name) {
  if (name == "sdp") return &options.sdp;
  if (name == "call-id") return &options.call_id;
  if (name == "from-tag") return &options.from_tag;
  if (name == "to-tag") return &options.to_tag;
  if (name == "via-branch") return &options.via_branch;
  return nullptr;
}

void read_key(Options& options, const std::string& key, const Value& value) {
  const std::string name = normalised(key);
  if (std::string_view* field = field_named(options, name)) {
    if (value.text() != nullptr && field->empty()) *field = *value.text();
  } else if (name == "flags") {
    for_each_text(value, [&](std::string_view flag) { apply_flag(options, flag); });
  } else if (name == "rtpp-flags") {
    for_each_text(value, [&](std::string_view words) { apply_words(options, words); });
  } else if (value.dictionary() != nullptr) {
    apply(options, name, "");
  } else {
    for_each_text(value, [&](std::string_view text) { apply(options, name, text); });
  }
}

}  // namespace

Options Options::read(const Value& request) {
  Options options;
  for (const auto& [key, value] : *request.dictionary()) read_key(options, key, value);
  auto& warnings = options.warnings;
  std::sort(warnings.begin(), warnings.end());
  warnings.erase(std::unique(warnings.begin(), warnings.end()), warnings.end());
  return options;
}

Rebinding Options::rebinding() const {
  if (has_strict_source) return Rebinding::refused;
  return has_media_handover ? Rebinding::any_stream : Rebinding::same_stream;
}

anchor::PartyTerms Options::terms() const {
  using Place = anchor::PartyTerms::Place;
  anchor::PartyTerms terms;
  const bool only_source = trusts_only_source && received_from.has_value();
  terms.place = only_source ? Place::source : Place::described_or_source;
  if (learns_nothing) terms.latching = Latching::strict;
  terms.timing = timing;
  terms.rebinding = rebinding();
  terms.is_asymmetric = is_asymmetric;
  terms.receiver_family = address_family;
  terms.shown_address = media_address;
  return terms;
}

}  // namespace avedge::ng
