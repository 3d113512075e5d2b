#include "edge/banner.h"

#include <algorithm>
#include <vector>

#include "edge/build_info.h"

namespace avedge::edge {
namespace {

/// Lines of "  label   value", the label only before the first of several values.
class Lines {
 public:
  void add(std::string_view label, const std::string& value) {
    constexpr std::size_t kLabelWidth = 14;
    std::string line = "  " + std::string{label == last_label_ ? std::string_view{} : label};
    line.resize(2 + kLabelWidth, ' ');
    text_ += line + value + "\n";
    last_label_ = label;
  }
  void add_title(std::string_view title) { text_.append("\n").append(title).append("\n"); }
  void add_command(const std::string& command) { text_ += "  " + command + "\n"; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string last_label_;
};

void add_listener(Lines& lines, std::string_view label, const Listener& listener) {
  for (const ListenAddress& address : listener.addresses) {
    std::string value = address.local.to_string();
    for (const Transport transport : listener.transports) {
      value += " " + std::string{to_string(transport)};
    }
    if (address.advertised != address.local) {
      value += ", advertised as " + address.advertised.to_string();
    }
    lines.add(label, value);
  }
}

void add_ng_listener(Lines& lines, const NgListener& listener) {
  for (const ListenAddress& address : listener.addresses) {
    std::string value = address.local.to_string();
    for (const NgTransport transport : listener.transports) {
      value += " " + std::string{to_string(transport)};
    }
    lines.add("ng", value);
  }
}

void add_relays(Lines& lines, const Config& config) {
  for (const RelayRange& relay : config.relays) {
    std::string addresses;
    const Interface* interface = config.find_interface(relay.interface);
    if (interface == nullptr) continue;
    for (const InterfaceAddress& address : interface->addresses) {
      addresses += (addresses.empty() ? "" : ", ") + address.local.to_string();
    }
    lines.add("relay ports", std::to_string(relay.ports.first.number()) + "-" +
                                 std::to_string(relay.ports.last.number()) + " on " + addresses);
  }
}

/// What a client that asks for the certificate's fingerprint is to be told.
void add_certificates(Lines& lines, const Config& config) {
  for (const Certificate& certificate : config.certificates) {
    const auto fingerprint = secure::fingerprint_sha256(certificate.pem.chain);
    if (fingerprint) lines.add("certificate", certificate.name + ", SHA-256 " + *fingerprint);
  }
}

/// Two commands that work as they stand on this machine. uclient's -y relays from one allocation
/// to another, so it needs no peer.
void add_commands(Lines& lines, const Config& config) {
  const auto& [user, password] = *config.turn.users.begin();
  const std::string address =
      config.turn.listeners.front().addresses.front().local.address.to_string();
  lines.add_title("Try it:");
  lines.add_command("turnutils_uclient -y -u " + user + " -w " + password + " " + address);
  if (config.metrics_http) {
    lines.add_command("curl -s http://" + config.metrics_http->to_string() + "/metrics");
  }
}

}  // namespace

std::string banner(const Config& config, const BannerFacts& facts) {
  Lines lines;
  for (const Listener& listener : config.turn.listeners) add_listener(lines, "TURN", listener);
  for (const Listener& listener : config.sip.listeners) add_listener(lines, "SIP", listener);
  for (const NgListener& listener : config.ng.listeners) add_ng_listener(lines, listener);
  add_relays(lines, config);
  add_certificates(lines, config);
  if (facts.embedded) {
    for (const auto& [user, password] : config.turn.users) {
      lines.add("user", user);
      lines.add("password", password);
    }
  }
  if (config.metrics_http) {
    lines.add("metrics", "http://" + config.metrics_http->to_string() + "/metrics");
  }
  if (!facts.admin_socket.empty()) lines.add("admin socket", facts.admin_socket);
  if (facts.embedded) add_commands(lines, config);
  if (facts.reserving_command) {
    lines.add_title("Warning: the kernel may give relay ports to other programs. To reserve them:");
    lines.add_command(*facts.reserving_command);
  }
  return "avedge " + std::string{kVersion} + " (" + kCommit + ") is up" +
         (facts.embedded ? ", without a configuration file" : "") + "\n\n" + lines.text() + "\n";
}

}  // namespace avedge::edge
