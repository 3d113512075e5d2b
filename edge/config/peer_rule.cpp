#include "edge/config/peer_rule.h"

#include <algorithm>

#include "edge/config/choice.h"
#include "edge/config/network.h"
#include "edge/config/port_range.h"

namespace avedge::edge {
namespace {

constexpr std::string_view kPortsSyntax = "use \"FIRST-LAST\" within 1-65535";

std::optional<RuleAction> read_action(Section& section, Problems& problems) {
  constexpr std::array<Choice<RuleAction>, 2> kActions{
      {{"allow", RuleAction::allow}, {"deny", RuleAction::deny}}};
  const auto word = section.text("action");
  if (!section.has("action")) section.refuse_missing("action", "use allow or deny");
  return word ? choose<RuleAction>(*word, kActions, problems) : std::nullopt;
}

std::optional<Prefix> read_prefix(Section& section, Problems& problems) {
  const auto text = section.text("prefix");
  if (!section.has("prefix")) section.refuse_missing("prefix", "use one like 10.20.0.0/16");
  if (!text) return std::nullopt;
  const auto prefix = Prefix::parse(text->value);
  if (!prefix) {
    problems.refuse(text->place, "'" + text->value + "' is not a valid prefix",
                    "use one like 10.20.0.0/16 or 2001:db8::/32, with all host bits zero");
  }
  return prefix;
}

bool is_own_address(const Prefix& prefix, const Config& config) {
  if (prefix.length() != 8 * prefix.address().bytes().size()) return false;
  return std::any_of(config.interfaces.begin(), config.interfaces.end(),
                     [&](const Interface& interface) {
                       return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                          [&](const InterfaceAddress& own) {
                                            return own.local == prefix.address() ||
                                                   own.advertised == prefix.address();
                                          });
                     });
}

}  // namespace

std::optional<PeerRule> read_peer_rule(Section& section, const Config& config, Problems& problems) {
  const auto action = read_action(section, problems);
  const auto prefix = read_prefix(section, problems);
  const auto ports_text = section.text("ports");
  const auto ports =
      ports_text ? read_port_range(*ports_text, kPortsSyntax, problems) : std::nullopt;
  if (!action || !prefix || (ports_text && !ports)) return std::nullopt;
  if (*action == RuleAction::allow && !ports && is_own_address(*prefix, config)) {
    problems.warn(section.place_of("prefix"),
                  "'" + prefix->address().to_string() +
                      "' is an address of this host, of which a rule without ports opens nothing",
                  "add ports = \"FIRST-LAST\", those of the program that media is for");
  }
  return PeerRule{*action, *prefix, ports};
}

void read_media(Section& top, Config& config, Problems& problems) {
  auto media = top.section("media");
  if (!media) return;
  for (Section& section : media->sections("peer_rule")) {
    const auto name = section.text("interface");
    const Interface* interface = name ? refer_to_interface(*name, config, problems) : nullptr;
    const auto rule = read_peer_rule(section, config, problems);
    section.refuse_unknown();
    if (!rule || (name && interface == nullptr)) continue;
    config.media.peer_rules.push_back({interface == nullptr ? "" : interface->name, *rule});
  }
  media->refuse_unknown();
}

}  // namespace avedge::edge
