// How much does a TURN server relay, and what does it lose? Works with any TURN server.
// See bench/README.md.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "bench/load/traffic.h"
#include "bench/load/traffic_report.h"
#include "bench/load/turn_client.h"
#include "relay/core/turn_framing.h"

namespace {

using namespace avedge;
using namespace avedge::bench;

/// RFC 8656 §12: the first channel number; each allocation needs just one.
constexpr ChannelField kChannel = kFirstChannel;
/// Allocations and permissions are not refreshed; the shortest of their lifetimes is 300 seconds.
constexpr double kLongestRun = 240;
constexpr double kLongestHold = 540;

struct Options {
  std::string server;
  Account account;
  std::vector<std::string> client_addresses;
  std::vector<std::string> peer_endpoints;
  std::string peer_namespace;
  std::size_t allocations = 200;
  double rate = 20000;
  double seconds = 10;
  std::size_t size = 172;
  std::string transport = "udp";
  std::string direction = "up";
  std::string mode = "channel";
  bool allocate_only = false;
  bool relay_to_relay = false;
  std::string flows_to;
  double hold = 0;
  double max_loss = 0;
  bool json = false;
};

volatile std::sig_atomic_t interrupted = 0;

template <class Value>
Value need(Result<Value> result) {
  if (!result) throw std::runtime_error{result.reason().message()};
  if constexpr (!std::is_void_v<Value>) return std::move(result).value();
}

Endpoint endpoint_of(const std::string& text) {
  const auto endpoint = Endpoint::parse(text);
  if (!endpoint) throw std::runtime_error{"not an address: " + text};
  return *endpoint;
}

std::vector<LoadSocket> open_peers(const Options& options) {
  const NamespaceVisit visit = need(NamespaceVisit::enter(options.peer_namespace));
  std::vector<LoadSocket> peers;
  for (const std::string& text : options.peer_endpoints) {
    peers.push_back(need(LoadSocket::open(endpoint_of(text))));
  }
  return peers;
}

/// Which peer the flow with that number talks to: neighbours share one, so that what a peer sends
/// leaves in batches.
std::size_t peer_of(std::size_t flow, const Options& options) {
  return flow * options.peer_endpoints.size() / options.allocations;
}

std::vector<TurnClient> open_allocations(const Options& options) {
  const Endpoint server = endpoint_of(options.server);
  const LinkKind kind = *parse_link_kind(options.transport);
  Account account = options.account;
  std::vector<TurnClient> clients;
  clients.reserve(options.allocations);
  for (std::size_t i = 0; i < options.allocations && interrupted == 0; ++i) {
    const std::string& local = options.client_addresses[i % options.client_addresses.size()];
    TurnClient& client =
        clients.emplace_back(need(open_link(kind, endpoint_of(local), server)), account);
    need(client.allocate());
    account = client.account();
    if ((i + 1) % 100 == 0) std::fprintf(stderr, "\r%zu allocations", i + 1);
  }
  return clients;
}

/// Permissions, and channels unless everything goes in indications.
void open_ways_to_peers(const Options& options, std::vector<TurnClient>& clients,
                        const std::vector<LoadSocket>& peers) {
  for (std::size_t i = 0; i < clients.size() && interrupted == 0; ++i) {
    const Endpoint peer =
        options.relay_to_relay ? clients[i ^ 1].relayed() : peers[peer_of(i, options)].local;
    need(clients[i].create_permission(peer));
    if (options.mode != "send") need(clients[i].bind_channel(peer, kChannel));
  }
}

std::vector<Leg> legs_of(const std::string& direction) {
  if (direction == "both") return {Leg::up, Leg::down};
  if (direction == "down") return {Leg::down};
  return {direction == "echo" ? Leg::echo : Leg::up};
}

TrafficReport run_traffic(const Options& options, const std::vector<TurnClient>& clients,
                          std::vector<LoadSocket> peers) {
  TrafficPlan plan{.flows = {},
                   .peers = std::move(peers),
                   .legs = legs_of(options.direction),
                   .rate = options.rate,
                   .time = std::chrono::duration<double>{options.seconds},
                   .size = options.size};
  for (std::size_t i = 0; i < clients.size(); ++i) {
    plan.flows.push_back({.client = &clients[i].link(),
                          .server = endpoint_of(options.server),
                          .relayed = clients[i].relayed(),
                          .peer = peer_of(i, options),
                          .channel = options.mode == "send" ? kNoChannel : kChannel});
  }
  Traffic traffic{std::move(plan)};
  const TrafficReport report = traffic.run([](std::uint64_t sent, std::uint64_t received) {
    std::fprintf(stderr, "\r%lu sent, %lu received", sent, received);
  });
  std::fprintf(stderr, "\n");
  return report;
}

/// Holds on until the time is over or somebody interrupts.
void hold(const Options& options) {
  if (options.hold <= 0) return;
  std::fprintf(stderr, "holding %zu allocations\n", options.allocations);
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>{options.hold});
  while (interrupted == 0 && Clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

std::string hexadecimal(ConstBytes bytes) {
  std::ostringstream text;
  text << std::hex << std::setfill('0');
  for (const std::byte octet : bytes) text << std::setw(2) << std::to_integer<unsigned>(octet);
  return text.str();
}

/// For `spray`: what the clients would send, a line each. Their sockets stay open, so nobody else
/// gets their ports.
void write_flows_up(const Options& options, const std::vector<TurnClient>& clients) {
  std::ofstream up{options.flows_to + ".up"};
  std::array<std::byte, kChannelDataHeaderSize> header{};
  write_channel_data_header(header.data(), kChannel, options.size);
  for (const TurnClient& client : clients) {
    up << client.link().local().to_string() << ' ' << options.server << ' '
       << kChannelDataHeaderSize + options.size << ' ' << hexadecimal(header) << '\n';
  }
  if (!up.flush()) throw std::runtime_error{"cannot write " + options.flows_to + ".up"};
}

/// … and what the peers would.
void write_flows_down(const Options& options, const std::vector<TurnClient>& clients,
                      const std::vector<LoadSocket>& peers) {
  std::ofstream down{options.flows_to + ".down"};
  for (std::size_t i = 0; i < clients.size(); ++i) {
    down << peers[peer_of(i, options)].local.to_string() << ' ' << clients[i].relayed().to_string()
         << ' ' << options.size << '\n';
  }
  if (!down.flush()) throw std::runtime_error{"cannot write " + options.flows_to + ".down"};
}

int run(const Options& options) {
  allow_many_descriptors();
  std::vector<LoadSocket> peers = open_peers(options);
  std::vector<TurnClient> clients = open_allocations(options);
  if (!options.allocate_only) open_ways_to_peers(options, clients, peers);
  std::fprintf(stderr, "\r%zu of %zu allocations\n", clients.size(), options.allocations);
  bool acceptable = true;
  if (!options.flows_to.empty()) {
    write_flows_up(options, clients);
    if (!options.relay_to_relay) write_flows_down(options, clients, peers);
  } else if (!options.allocate_only && interrupted == 0) {
    const TrafficReport report = run_traffic(options, clients, std::move(peers));
    for (const LegReport& leg : report.legs) {
      acceptable = acceptable && loss_percent(leg) <= options.max_loss;
    }
    acceptable = acceptable && report.misrouted == 0;
    nlohmann::json printed = to_json(report);
    printed.update({{"allocations", options.allocations},
                    {"payload_bytes", options.size},
                    {"transport", options.transport},
                    {"mode", options.mode}});
    options.json ? void(std::printf("%s\n", printed.dump().c_str())) : print_text(printed);
    std::fflush(stdout);
  }
  hold(options);
  for (TurnClient& client : clients) client.release();
  return acceptable ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Loads a TURN server and counts what comes out at the other end."};
  app.add_option("--server", options.server, "IP:PORT")->required();
  app.add_option("--user", options.account.user)->required();
  app.add_option("--password", options.account.password)->required();
  app.add_option("--client-bind", options.client_addresses,
                 "addresses the clients send from, in turn (default: any)")
      ->delimiter(',');
  auto* peer =
      app.add_option("--peer-bind", options.peer_endpoints, "IP:PORT of the peers")->delimiter(',');
  app.add_option("--peer-netns", options.peer_namespace,
                 "network namespace of the peers: a name, or a path such as /proc/PID/ns/net");
  app.add_option("--allocations", options.allocations)->check(CLI::Range(1, 20000));
  app.add_option("--rate", options.rate, "packets per second, all flows and directions together")
      ->check(CLI::Range(1.0, 5e6));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, kLongestRun));
  app.add_option("--size", options.size, "payload in bytes")
      ->check(CLI::Range(Probe::kSize, std::size_t{1400}));
  app.add_option("--transport", options.transport, "from client to server; TLS believes anybody")
      ->check(CLI::IsMember({"udp", "tcp", "tls"}));
  app.add_option("--direction", options.direction, "up: client to peer; echo: there and back")
      ->check(CLI::IsMember({"up", "down", "both", "echo"}));
  app.add_option("--mode", options.mode, "framing from client to server")
      ->check(CLI::IsMember({"channel", "send"}));
  auto* only = app.add_flag("--allocate-only", options.allocate_only, "send nothing");
  auto* flows_to = app.add_option("--flows-to", options.flows_to,
                                  "send nothing, but write FILE.up and FILE.down for spray")
                       ->excludes(only);
  app.add_flag("--relay-to-relay", options.relay_to_relay,
               "the allocations are each other's peers, two by two; FILE.up only")
      ->needs(flows_to);
  app.add_option("--hold", options.hold, "seconds to keep the allocations at the end")
      ->check(CLI::Range(0.0, kLongestHold));
  app.add_option("--max-loss", options.max_loss, "per cent; more than that is exit code 1")
      ->check(CLI::Range(0.0, 100.0));
  app.add_flag("--json", options.json, "the report as one JSON object");
  CLI11_PARSE(app, argc, argv);
  if (peer->count() == 0 && !options.allocate_only && !options.relay_to_relay) {
    std::fprintf(stderr, "turn_load: --peer-bind is needed, or there are no peers\n");
    return 2;
  }
  if (options.relay_to_relay && options.allocations % 2 != 0) {
    std::fprintf(stderr, "turn_load: --relay-to-relay takes an even number of allocations\n");
    return 2;
  }

  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });
  try {
    if (options.client_addresses.empty()) {
      const bool v4 = endpoint_of(options.server).address.is_v4();
      options.client_addresses = {v4 ? "0.0.0.0" : "[::]"};
    }
    return run(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "\nturn_load: %s\n", failure.what());
    return 2;
  }
}
