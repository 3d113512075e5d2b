#include "edge/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>

#include "edge/config/certificates.h"
#include "edge/config/choice.h"
#include "edge/config/listeners.h"
#include "edge/config/network.h"
#include "edge/config/ng_section.h"
#include "edge/config/peer_rule.h"
#include "edge/config/section.h"
#include "edge/config/service_sections.h"
#include "edge/config/sip_section.h"
#include "edge/config/text_file.h"
#include "edge/config/trace_section.h"
#include "edge/config/turn_credentials.h"
#include "edge/config/turn_section.h"

namespace avedge::edge {
namespace {

void read_realm(Section& top, Config& config, Problems& problems) {
  const auto realm = top.text("realm");
  if (realm && check_realm(*realm, problems)) config.realm = realm->value;
}

void read_ingress(Section& top, Config& config, Problems& problems) {
  static constexpr std::array<Choice<Ingress>, 2> kWays{
      {{"sockets", Ingress::sockets}, {"fan-in", Ingress::fan_in}}};
  const auto word = top.text("ingress");
  if (word) config.ingress = choose<Ingress>(*word, kWays, problems).value_or(config.ingress);
}

void read_egress(Section& top, Config& config, Problems& problems) {
  static constexpr std::array<Choice<Egress>, 2> kWays{
      {{"sockets", Egress::sockets}, {"frames", Egress::frames}}};
  const auto word = top.text("egress");
  if (word) config.egress = choose<Egress>(*word, kWays, problems).value_or(config.egress);
}

/// A file without one does not ask for an edge that serves nothing: it is what a full disk or a
/// broken template leaves.
void require_listener(const Config& config, Problems& problems) {
  if (config.serves_anything()) return;
  problems.refuse(
      {1, "listener"}, "no listener is configured, so nothing would be served",
      "add [[turn.listener]], [turn.nat_discovery], [[sip.listener]] or [[ng.listener]]");
}

/// In the order of reference: what is named comes before what names it.
Config read_all(Section& top, const std::string& folder, Problems& problems) {
  Config config;
  read_realm(top, config, problems);
  top.read("workers", config.workers, 0, kMaxWorkers);
  read_ingress(top, config, problems);
  read_egress(top, config, problems);
  read_interfaces(top, config, problems);
  read_relays(top, config, problems);
  read_certificates(top, folder, config, problems);
  Listeners listeners{config, problems};
  read_turn(top, folder, listeners, config, problems);
  read_media(top, config, problems);
  read_sip(top, folder, listeners, config, problems);
  read_trace(top, folder, config, problems);
  read_ng(top, listeners, config, problems);
  read_services(top, listeners, config, problems);
  top.refuse_unknown();
  if (!problems.any()) require_listener(config, problems);
  config.warnings = problems.warnings();
  return config;
}

}  // namespace

bool Config::serves_anything() const {
  return !turn.listeners.empty() || turn.nat_discovery || !sip.listeners.empty() ||
         !ng.listeners.empty();
}

const Interface* Config::find_interface(std::string_view name) const {
  const auto found =
      std::find_if(interfaces.begin(), interfaces.end(),
                   [&](const Interface& interface) { return interface.name == name; });
  return found == interfaces.end() ? nullptr : &*found;
}

const Certificate* Config::find_certificate(std::string_view name) const {
  const auto found =
      std::find_if(certificates.begin(), certificates.end(),
                   [&](const Certificate& certificate) { return certificate.name == name; });
  return found == certificates.end() ? nullptr : &*found;
}

Result<Config> load_config(const std::string& path) {
  const auto text = read_text_file(path);
  if (!text) return text.reason();
  return parse_config(*text, path);
}

Result<Config> parse_config(std::string_view text, const std::string& path) {
  Problems problems{path};
  try {
    const toml::table document = toml::parse(text, path);
    Section top{document, {1, {}}, problems};
    Config config = read_all(top, std::filesystem::path{path}.parent_path().string(), problems);
    if (!problems.any()) return config;
  } catch (const toml::parse_error& error) {
    problems.refuse({error.source().begin.line, "toml"}, error.description(),
                    "mend the syntax (https://toml.io)");
  }
  return problems.to_error();
}

}  // namespace avedge::edge
