#include "edge/config/sip_listener.h"

#include <algorithm>
#include <filesystem>

#include "edge/config/choice.h"
#include "edge/config/next_hop.h"
#include "edge/config/text_file.h"

namespace avedge::edge {
namespace {

bool has(const Listener& listener, Transport transport) {
  const auto& all = listener.transports;
  return std::find(all.begin(), all.end(), transport) != all.end();
}

/// Host names of `key`, lower case.
std::vector<std::string> read_names(Section& section, std::string_view key, Problems& problems) {
  std::vector<std::string> names;
  for (const Located<std::string>& name : section.texts(key)) {
    if (!is_host(name.value)) {
      problems.refuse(name.place, "'" + name.value + "' is not a valid host name",
                      "use one like sip.partner.example");
    }
    names.push_back(lower_case(name.value));
  }
  return names;
}

void read_verify(Section& section, SipListener& listener, Problems& problems) {
  constexpr std::array<Choice<ClientProof>, 2> kProofs{
      {{"none", ClientProof::none}, {"required", ClientProof::certificate}}};
  if (const auto word = section.text("verify")) {
    listener.verify = choose<ClientProof>(*word, kProofs, problems).value_or(listener.verify);
  }
}

void read_sources(Section& section, SipListener& listener, Problems& problems) {
  for (const Located<std::string>& text : section.texts("sources")) {
    const auto prefix = Prefix::parse(text.value);
    if (prefix) {
      listener.sources.push_back(*prefix);
    } else {
      problems.refuse(text.place, "'" + text.value + "' is not a valid prefix",
                      "use one like 10.20.0.0/16");
    }
  }
  if (section.has("sources") && listener.sources.empty()) {
    problems.refuse(section.place_of("sources"), "names nobody",
                    "remove it to take requests from anywhere");
  }
}

/// Settings without effect are refused: names and authorities mean nothing unless a certificate is
/// required.
void check_verify(const Section& section, const SipListener& listener, Problems& problems) {
  for (const std::string_view key : {"client_ca", "partners"}) {
    if (section.has(key) && listener.verify == ClientProof::none) {
      problems.refuse(section.place_of(key), "is of no use without verify = \"required\"",
                      "add that");
    }
  }
  if (listener.verify != ClientProof::none && !has(listener, Transport::tls)) {
    problems.refuse(section.place_of("verify"), "is of no use without tls",
                    "remove it, or use transports = [\"tls\"]");
  }
}

/// Both are streams on one socket, and neither waits for the other's first byte.
void check_transports(const Section& section, const SipListener& listener, Problems& problems) {
  if (!has(listener, Transport::tcp) || !has(listener, Transport::tls)) return;
  problems.refuse(section.place_of("transports"), "tcp and tls cannot share a port",
                  "give tls a [[sip.listener]] of its own, as on port 5061");
}

}  // namespace

void read_sip_listener(Section& section, const std::string& folder, Listeners& listeners,
                       Config& config, Problems& problems) {
  const Place bind = section.place_of("bind");
  SipListener listener;
  if (const auto name = section.text("name")) {
    listener.name = lower_case(name->value);
    if (!is_host(name->value)) {
      problems.refuse(name->place, "'" + name->value + "' is not a valid host name",
                      "use one like sip.example.org");
    }
  }
  read_verify(section, listener, problems);
  listener.client_ca = read_authorities(section, "client_ca", folder, problems);
  listener.partners = read_names(section, "partners", problems);
  read_sources(section, listener, problems);
  auto socket = listeners.read(section, kSipListener);
  if (!socket) return;
  static_cast<Listener&>(listener) = std::move(*socket);
  check_transports(section, listener, problems);
  check_verify(section, listener, problems);
  if (listener.interface.empty()) {
    problems.refuse(bind, "the address belongs to no [[interface]]",
                    "routes go from interface to interface: add it to one");
    return;
  }
  config.sip.listeners.push_back(std::move(listener));
}

std::string read_authorities(Section& section, std::string_view key, const std::string& folder,
                             Problems& problems) {
  const auto path = section.text(key);
  if (!path) return {};
  const std::string file = (std::filesystem::path{folder} / path->value).string();
  auto pem = read_text_file(file);
  if (pem) {
    const auto chain = secure::read_chain(*pem);
    if (chain) return *std::move(pem);
    problems.refuse(path->place, "'" + file + "' " + chain.reason().message(),
                    "use a file with the authorities' certificates in PEM form");
  } else {
    problems.refuse(path->place, pem.reason().message(), "name a file that this user can read");
  }
  return {};
}

}  // namespace avedge::edge
