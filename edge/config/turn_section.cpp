#include "edge/config/turn_section.h"

#include <algorithm>

#include "edge/config/choice.h"
#include "edge/config/network.h"
#include "edge/config/peer_rule.h"
#include "edge/config/supported.h"
#include "edge/config/turn_credentials.h"
#include "edge/config/turn_services.h"

namespace avedge::edge {
namespace {

/// A day: longer than any call, short enough that a forgotten allocation ends.
constexpr std::int64_t kLongestLifetime = 86'400;
constexpr std::int64_t kMostOfAnything = 1'000'000;
/// 100 Gbit/s, in kbit/s.
constexpr std::int64_t kMostKilobits = 100'000'000;

void read_relay_interface(Section& turn, Config& config, Problems& problems) {
  const auto name = turn.text("relay_interface");
  if (!name) return;
  const Interface* interface = refer_to_interface(*name, config, problems);
  if (interface == nullptr) return;
  config.turn.relay_interface = interface->name;
  const bool has_ports =
      std::any_of(config.relays.begin(), config.relays.end(),
                  [&](const RelayRange& relay) { return relay.interface == interface->name; });
  if (!has_ports) {
    problems.refuse(name->place, "interface '" + name->value + "' has no [[relay]] range",
                    "add [[relay]] with interface = \"" + name->value + "\" and ports");
  }
}

void read_listener(Section& section, Listeners& listeners, Config& config, Problems& problems) {
  const auto realm = section.text("realm");
  const bool has_realm = realm && check_realm(*realm, problems);
  auto listener = listeners.read(section, kTurnListener);
  if (!listener) return;
  config.turn.listeners.push_back(std::move(*listener));
  config.turn.listener_realms.push_back(has_realm ? realm->value : std::string{});
}

void read_limits(Section& section, TurnLimits& limits) {
  section.read("allocations_per_user", limits.allocations_per_user, 1, kMostOfAnything);
  section.read("allocations_per_source", limits.allocations_per_source, 1, kMostOfAnything);
  section.read("allocations_total", limits.allocations_total, 1, kMostOfAnything);
  section.read("permissions_per_allocation", limits.permissions_per_allocation, 1, 4096);
  // RFC 8656 §12: 0x4000 to 0x4FFF are 4096 channels.
  section.read("channels_per_allocation", limits.channels_per_allocation, 1, 4096);
  section.read("connections_per_allocation", limits.connections_per_allocation, 1, 1024);
  section.read("unauthenticated_answers_per_second", limits.unauthenticated_answers_per_second, 1,
               kMostOfAnything);
  section.read("connections", limits.connections, 1, kMostOfAnything);
  section.read("half_open_per_source", limits.half_open_per_source, 1, kMostOfAnything);
  if (const auto of_prefix = section.integer("half_open_per_prefix", 1, kMostOfAnything)) {
    limits.half_open_per_prefix = static_cast<std::uint32_t>(of_prefix->value);
  }
  section.read("half_open_total", limits.half_open_total, 1, kMostOfAnything);
  // The least that holds one relayed datagram, framed.
  section.read("stream_queue_bytes", limits.stream_queue_bytes, 66'000, 64 * 1024 * 1024);
  section.read("stream_queue_age", limits.stream_queue_age, 10, 60'000);
  for (const auto& [key, bandwidth] :
       {std::pair{"bandwidth_per_allocation", &limits.bandwidth_per_allocation},
        std::pair{"bandwidth_per_user", &limits.bandwidth_per_user},
        std::pair{"bandwidth_total", &limits.bandwidth_total}}) {
    section.read(key, bandwidth->kilobits_per_second, 0, kMostKilobits);
  }
  section.refuse_unknown();
}

void read_lifetimes(Section& turn, TurnConfig& config, Problems& problems) {
  turn.read("default_lifetime", config.default_lifetime, 60, kLongestLifetime);
  turn.read("max_lifetime", config.max_lifetime, 60, kLongestLifetime);
  turn.read("nonce_lifetime", config.nonce_lifetime, 60, 3600);
  if (config.default_lifetime > config.max_lifetime) {
    problems.refuse(turn.place_of("default_lifetime"), "is longer than max_lifetime",
                    "use at most " + std::to_string(config.max_lifetime.count()));
  }
}

void read_channel_numbers(Section& turn, TurnConfig& config, Problems& problems) {
  constexpr std::array<Choice<ChannelNumbers>, 2> kRanges{
      {{"rfc8656", ChannelNumbers::rfc8656}, {"rfc5766", ChannelNumbers::rfc5766}}};
  const auto word = turn.text("channel_numbers");
  if (!word) return;
  config.channel_numbers =
      choose<ChannelNumbers>(*word, kRanges, problems).value_or(config.channel_numbers);
}

/// RFC 8656 §14: what a relayed datagram keeps of its IP header.
void read_ip_header(Section& turn, TurnConfig& config, Problems& problems) {
  constexpr std::array<Choice<bool>, 1> kPreserve{{{"preserve", true}}};
  constexpr std::array<Choice<bool>, 2> kTtl{{{"default", false}, {"decrement", true}}};
  if (turn.has_text("dscp")) {
    if (const auto word = turn.text("dscp")) choose<bool>(*word, kPreserve, problems);
  } else if (const auto number = turn.integer("dscp", 0, 63)) {
    config.dscp = static_cast<std::uint8_t>(number->value);
  }
  if (const auto word = turn.text("ttl")) {
    config.decrement_ttl = choose<bool>(*word, kTtl, problems).value_or(false);
  }
}

/// What a TURN server cannot do without, once somebody can reach it.
void require_essentials(Section& top, Section& turn, Problems& problems) {
  if (!top.has("realm")) top.refuse_missing("realm", "add one, as realm = \"example.org\"");
  if (!turn.has("relay_interface")) {
    turn.refuse_missing("relay_interface", "name the [[interface]] of the relayed addresses");
  }
  if (!turn.has("shared_secret_file") && !turn.has("users") && !turn.has("oauth")) {
    problems.refuse(turn.place(), "nobody could log in", "add [turn.users] or shared_secret_file");
  }
}

}  // namespace

void read_turn(Section& top, const std::string& folder, Listeners& listeners, Config& config,
               Problems& problems) {
  auto turn = top.section("turn");
  if (!turn) return;
  read_relay_interface(*turn, config, problems);
  read_turn_credentials(*turn, folder, config, problems);
  auto listener_sections = turn->sections("listener");
  for (Section& section : listener_sections) {
    read_listener(section, listeners, config, problems);
  }
  for (Section& section : turn->sections("peer_rule")) {
    const auto rule = read_peer_rule(section, config, problems);
    section.refuse_unknown();
    if (rule) config.turn.peer_rules.push_back(*rule);
  }
  if (auto limits = turn->section("limits")) read_limits(*limits, config.turn.limits);
  read_lifetimes(*turn, config.turn, problems);
  read_channel_numbers(*turn, config.turn, problems);
  read_ip_header(*turn, config.turn, problems);
  read_turn_services(*turn, config, problems);
  turn->refuse_unknown();
  if (!listener_sections.empty()) require_essentials(top, *turn, problems);
}

}  // namespace avedge::edge
