// One ICE agent (libnice), for tests of what stands between two of them. It has as many components
// as --in and --out are given. Datagrams that come to an --in leave by its component, what arrives
// there goes to its --out, so that any program can use it.
//   ice_party --compat oc2007r2 --bind IP [--controlling] --remote FILE
//             --in IP:PORT --out IP:PORT [--in IP:PORT --out IP:PORT] [--tcp]
// Prints its description as one line of JSON once its candidates are gathered, takes the far side's
// in the same form from FILE as soon as that exists, says "selected" with the pair of a component
// whenever that is chosen, and "ready" when every component is.
#include <arpa/inet.h>
#include <glib-unix.h>
#include <nice/agent.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "relay/core/endpoint.h"

namespace {

using avedge::Endpoint;
using nlohmann::json;

struct Options {
  std::string compatibility;
  std::string address;
  bool is_controlling = false;
  bool uses_tcp = false;  // and no UDP
  std::string remote_file;
  std::vector<std::string> in;  // one for each component
  std::vector<std::string> out;

  [[nodiscard]] guint components() const { return static_cast<guint>(in.size()); }
};

NiceCompatibility compatibility_of(const std::string& name) {
  if (name == "rfc5245") return NICE_COMPATIBILITY_RFC5245;
  if (name == "oc2007") return NICE_COMPATIBILITY_OC2007;
  if (name == "oc2007r2") return NICE_COMPATIBILITY_OC2007R2;
  throw std::runtime_error{"unknown --compat " + name};
}

/// As the far side's description has it, and ours: RFC 6544's words.
constexpr std::array<std::pair<const char*, NiceCandidateTransport>, 3> kTransports{
    {{"udp", NICE_CANDIDATE_TRANSPORT_UDP},
     {"active", NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE},
     {"passive", NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE}}};

NiceCandidateTransport transport_of(const std::string& name) {
  for (const auto& [known, transport] : kTransports) {
    if (name == known) return transport;
  }
  throw std::runtime_error{"unknown transport " + name};
}

std::string name_of(NiceCandidateTransport transport) {
  for (const auto& [name, known] : kTransports) {
    if (transport == known) return name;
  }
  return "other";
}

sockaddr_in socket_address(const std::string& text) {
  const auto endpoint = Endpoint::parse(text);
  if (!endpoint || !endpoint->address.is_v4()) throw std::runtime_error{"no IPv4 place: " + text};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint->port.number());
  std::memcpy(&address.sin_addr, endpoint->address.bytes().data(), 4);
  return address;
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

std::string or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

std::string text_of(const NiceAddress& address) {
  char text[NICE_ADDRESS_STRING_LEN];
  nice_address_to_string(&address, text);
  return std::string{text} + ":" + std::to_string(nice_address_get_port(&address));
}

/// Where the datagrams of one component come in, and go out to.
class Gate {
 public:
  Gate(const std::string& in, const std::string& out)
      : descriptor_{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)}, out_{socket_address(out)} {
    const sockaddr_in local = socket_address(in);
    if (bind(descriptor_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
      throw std::runtime_error{"cannot bind " + in};
    }
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }
  void pass_out(const char* bytes, std::size_t size) const {
    sendto(descriptor_, bytes, size, 0, reinterpret_cast<const sockaddr*>(&out_), sizeof out_);
  }

 private:
  int descriptor_;
  sockaddr_in out_;
};

class Party {
 public:
  explicit Party(const Options& options)
      : options_{options},
        agent_{nice_agent_new(nullptr, compatibility_of(options.compatibility))} {
    g_object_set(agent_, "controlling-mode", options.is_controlling ? TRUE : FALSE, "upnp", FALSE,
                 "ice-tcp", options.uses_tcp ? TRUE : FALSE, "ice-udp",
                 options.uses_tcp ? FALSE : TRUE, nullptr);
    NiceAddress local;
    nice_address_init(&local);
    if (nice_address_set_from_string(&local, options.address.c_str()) == FALSE) {
      throw std::runtime_error{"no address: " + options.address};
    }
    nice_agent_add_local_address(agent_, &local);
    stream_ = nice_agent_add_stream(agent_, options.components());
    g_signal_connect(agent_, "candidate-gathering-done", G_CALLBACK(&Party::on_gathered), this);
    g_signal_connect(agent_, "new-selected-pair-full", G_CALLBACK(&Party::on_selected), this);
    g_signal_connect(agent_, "component-state-changed", G_CALLBACK(&Party::on_state), this);
    for (guint component = 1; component <= options.components(); ++component) open(component);
  }
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;
  ~Party() { g_object_unref(agent_); }

  void run() {
    if (nice_agent_gather_candidates(agent_, stream_) == FALSE) {
      throw std::runtime_error{"cannot gather candidates"};
    }
    GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
    g_main_loop_run(loop);
  }

 private:
  void open(guint component) {
    const auto& gate = gates_.emplace_back(
        std::make_unique<Gate>(options_.in.at(component - 1), options_.out.at(component - 1)));
    nice_agent_attach_recv(agent_, stream_, component, nullptr, &Party::on_received, this);
    g_unix_fd_add(gate->descriptor(), G_IO_IN, &Party::on_inlet, this);
  }

  static void on_gathered(NiceAgent*, guint, gpointer self) {
    static_cast<Party*>(self)->describe();
    g_timeout_add(20, &Party::look_for_remote, self);
  }

  void describe() const {
    gchar* ufrag = nullptr;
    gchar* password = nullptr;
    nice_agent_get_local_credentials(agent_, stream_, &ufrag, &password);
    json description{{"ufrag", or_empty(ufrag)}, {"password", or_empty(password)}};
    for (guint component = 1; component <= options_.components(); ++component) {
      GSList* candidates = nice_agent_get_local_candidates(agent_, stream_, component);
      for (GSList* item = candidates; item != nullptr; item = item->next) {
        const auto& candidate = *static_cast<const NiceCandidate*>(item->data);
        description["candidates"].push_back({{"component", component},
                                             {"transport", name_of(candidate.transport)},
                                             {"foundation", or_empty(candidate.foundation)},
                                             {"port", nice_address_get_port(&candidate.addr)},
                                             {"username", or_empty(candidate.username)},
                                             {"password", or_empty(candidate.password)}});
      }
      g_slist_free_full(candidates, [](gpointer item) {
        nice_candidate_free(static_cast<NiceCandidate*>(item));
      });
    }
    g_free(ufrag);
    g_free(password);
    say(description.dump());
  }

  static gboolean look_for_remote(gpointer self) {
    auto& party = *static_cast<Party*>(self);
    std::ifstream file{party.options_.remote_file};
    if (!file) return G_SOURCE_CONTINUE;
    party.set_remote(json::parse(file));
    return G_SOURCE_REMOVE;
  }

  void set_remote(const json& description) {
    const std::string ufrag = description["ufrag"];
    const std::string password = description["password"];
    if (!ufrag.empty()) {
      nice_agent_set_remote_credentials(agent_, stream_, ufrag.c_str(), password.c_str());
    }
    for (const json& item : description["candidates"]) {
      if (item["component"] > options_.components()) continue;
      NiceCandidate* candidate = nice_candidate_new(NICE_CANDIDATE_TYPE_HOST);
      candidate->stream_id = stream_;
      candidate->component_id = item["component"];
      candidate->transport = transport_of(item["transport"]);
      candidate->priority = item["priority"];
      g_strlcpy(candidate->foundation, item["foundation"].get<std::string>().c_str(),
                NICE_CANDIDATE_MAX_FOUNDATION);
      nice_address_set_from_string(&candidate->addr, item["address"].get<std::string>().c_str());
      nice_address_set_port(&candidate->addr, item["port"]);
      if (item.contains("username")) {
        candidate->username = g_strdup(item["username"].get<std::string>().c_str());
        candidate->password = g_strdup(item["password"].get<std::string>().c_str());
      }
      GSList* list = g_slist_append(nullptr, candidate);
      nice_agent_set_remote_candidates(agent_, stream_, candidate->component_id, list);
      g_slist_free_full(
          list, [](gpointer one) { nice_candidate_free(static_cast<NiceCandidate*>(one)); });
    }
  }

  static void on_selected(NiceAgent*, guint, guint component, NiceCandidate* local,
                          NiceCandidate* remote, gpointer) {
    const json pair{{"component", component},
                    {"base", text_of(local->base_addr)},
                    {"remote", text_of(remote->addr)}};
    say("selected " + pair.dump());
  }

  static void on_state(NiceAgent*, guint, guint component, guint state, gpointer self) {
    auto& party = *static_cast<Party*>(self);
    if (state == NICE_COMPONENT_STATE_FAILED) say("failed " + std::to_string(component));
    if (state == NICE_COMPONENT_STATE_READY) party.ready_.insert(component);
    if (state == NICE_COMPONENT_STATE_READY && party.ready_.size() == party.options_.components()) {
      say("ready");
    }
  }

  static void on_received(NiceAgent*, guint, guint component, guint size, gchar* bytes,
                          gpointer self) {
    static_cast<Party*>(self)->gates_.at(component - 1)->pass_out(bytes, size);
  }

  static gboolean on_inlet(gint descriptor, GIOCondition, gpointer self) {
    auto& party = *static_cast<Party*>(self);
    char buffer[2048];
    const ssize_t size = recv(descriptor, buffer, sizeof buffer, 0);
    if (size > 0) {
      nice_agent_send(party.agent_, party.stream_, party.component_of(descriptor),
                      static_cast<guint>(size), buffer);
    }
    return G_SOURCE_CONTINUE;
  }

  [[nodiscard]] guint component_of(int descriptor) const {
    guint component = 1;
    while (gates_.at(component - 1)->descriptor() != descriptor) ++component;
    return component;
  }

  Options options_;
  NiceAgent* agent_;
  std::vector<std::unique_ptr<Gate>> gates_;  // by component
  guint stream_ = 0;
  std::set<guint> ready_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"An ICE agent between a local program and the network."};
  app.add_option("--compat", options.compatibility)->required();
  app.add_option("--bind", options.address)->required();
  app.add_flag("--controlling", options.is_controlling);
  app.add_flag("--tcp", options.uses_tcp);
  app.add_option("--remote", options.remote_file)->required();
  app.add_option("--in", options.in)->required()->expected(1, 2)->take_all();
  app.add_option("--out", options.out)->required()->expected(1, 2)->take_all();
  CLI11_PARSE(app, argc, argv);
  try {
    Party{options}.run();
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "ice_party: %s\n", failure.what());
    return 2;
  }
}
