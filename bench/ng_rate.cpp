// How many calls a second does a media relay set up and take down by the ng protocol, and how long
// does a proxy wait for each reply? Works with avedge and rtpengine over UDP. See bench/README.md.
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "bench/load/load_socket.h"
#include "signaling-shim/ng/bencode.h"
#include "signaling-shim/ng/frame.h"

namespace {

using namespace avedge;
using namespace avedge::bench;
using Clock = std::chrono::steady_clock;
using Micros = std::chrono::duration<double, std::micro>;

/// What proxies wait before they ask again with the same cookie.
constexpr std::chrono::milliseconds kRepeatAfter{1000};

struct Options {
  std::string server;
  std::string direction;
  std::size_t clients = 16;
  double seconds = 10;
  double rate = 0;
};

enum class Step : std::uint8_t { offer, answer, remove };
constexpr std::array<const char*, 3> kStepNames{"offer", "answer", "delete"};

struct Figures {
  std::array<std::vector<double>, kStepNames.size()> micros;
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::uint64_t repeats = 0;
};

std::string audio(int port) {
  return "v=0\r\no=- 1545997027 1 IN IP4 198.51.100.1\r\ns=tester\r\nc=IN IP4 198.51.100.1\r\n"
         "t=0 0\r\nm=audio " +
         std::to_string(port) +
         " RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
}

/// One worker process of a proxy: a socket of its own, one request under way.
class Client {
 public:
  Client(std::size_t number, const Endpoint& server, const Options& options, Figures& figures)
      : number_{number}, server_{server}, options_{options}, figures_{figures} {
    const IpAddress any = server.address.is_v4() ? IpAddress{} : *IpAddress::parse("::");
    auto socket = LoadSocket::open({any, Port{}});
    if (!socket) throw std::runtime_error{socket.reason().message()};
    socket_ = std::move(socket).value();
  }

  [[nodiscard]] int descriptor() const { return socket_.descriptor.get(); }
  [[nodiscard]] bool is_idle() const { return !is_busy_; }

  void begin() {
    is_busy_ = true;
    ++calls_;
    ask(Step::offer);
  }
  void repeat_if_lost(Clock::time_point now) {
    if (!is_busy_ || now - sent_ < kRepeatAfter) return;
    ++figures_.repeats;
    send();
  }

  void receive() {
    std::array<char, 65536> buffer;
    const ssize_t size = recv(descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0 || !is_busy_) return;
    const auto frame = ng::Frame::parse({buffer.data(), static_cast<std::size_t>(size)});
    if (!frame || frame->cookie != cookie_) return;
    figures_.micros[static_cast<std::size_t>(step_)].push_back(
        Micros{Clock::now() - asked_}.count());
    go_on(frame->payload);
  }

 private:
  void go_on(std::string_view payload) {
    const auto reply = ng::bencode::decode(payload);
    const ng::Value* result = reply.ok() ? reply->find("result") : nullptr;
    const bool is_ok = result != nullptr && result->text() != nullptr && *result->text() == "ok";
    if (!is_ok) ++figures_.errors;
    if (step_ == Step::remove) {
      is_busy_ = false;
      if (is_ok) ++figures_.calls;
      return;
    }
    ask(is_ok && step_ == Step::offer ? Step::answer : Step::remove);
  }

  void ask(Step step) {
    step_ = step;
    cookie_ = std::to_string(number_) + "_" + std::to_string(++requests_);
    request_ = ng::Frame::compose(cookie_, ng::bencode::encode(ng::Value{content()}));
    asked_ = Clock::now();
    send();
  }

  [[nodiscard]] ng::Value::Dictionary content() const {
    const std::string tag = std::to_string(number_) + "-" + std::to_string(calls_);
    ng::Value::Dictionary content{{"command", kStepNames[static_cast<std::size_t>(step_)]},
                                  {"call-id", "bench-" + tag},
                                  {"from-tag", "a" + tag}};
    if (step_ != Step::offer) content.emplace_back("to-tag", "b" + tag);
    if (step_ == Step::remove) {
      content.emplace_back("delete delay", 0);  // rtpengine would hold the ports for half a minute
      return content;
    }
    content.emplace_back("sdp", audio(step_ == Step::offer ? 20000 : 30000));
    content.emplace_back("flags", ng::Value::List{"trust-address"});
    content.emplace_back("replace", ng::Value::List{"origin", "session-connection"});
    const std::size_t comma = options_.direction.find(',');
    if (comma != std::string::npos && step_ == Step::offer) {
      content.emplace_back("direction", ng::Value::List{options_.direction.substr(0, comma),
                                                        options_.direction.substr(comma + 1)});
    }
    return content;
  }

  void send() {
    sent_ = Clock::now();
    const relay::SocketAddress to{server_};
    sendto(descriptor(), request_.data(), request_.size(), 0, &to.any, to.size());
  }

  std::size_t number_;
  Endpoint server_;
  const Options& options_;
  Figures& figures_;
  LoadSocket socket_;
  bool is_busy_ = false;
  Step step_ = Step::offer;
  std::uint64_t calls_ = 0;
  std::uint64_t requests_ = 0;
  std::string cookie_;
  std::string request_;
  Clock::time_point asked_;
  Clock::time_point sent_;
};

/// With a rate, calls begin when they are due, as far as a client is free; without, at once.
class Pace {
 public:
  explicit Pace(double rate) : rate_{rate}, begun_{Clock::now()} {}
  bool take(Clock::time_point now) {
    const double due = std::chrono::duration<double>{now - begun_}.count() * rate_;
    if (rate_ > 0 && static_cast<double>(taken_) >= due) return false;
    ++taken_;
    return true;
  }

 private:
  double rate_;
  Clock::time_point begun_;
  std::uint64_t taken_ = 0;
};

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void print(const Options& options, Figures& figures, double took) {
  std::printf("{\"clients\": %zu, \"seconds\": %.2f, \"calls\": %lu, \"calls_per_second\": %.0f",
              options.clients, took, figures.calls, static_cast<double>(figures.calls) / took);
  std::printf(", \"errors\": %lu, \"repeats\": %lu", figures.errors, figures.repeats);
  for (std::size_t i = 0; i < kStepNames.size(); ++i) {
    std::printf(", \"%s_p50_us\": %.0f, \"%s_p99_us\": %.0f", kStepNames[i],
                percentile(figures.micros[i], 0.5), kStepNames[i],
                percentile(figures.micros[i], 0.99));
  }
  std::printf("}\n");
}

int run(const Options& options) {
  const auto server = Endpoint::parse(options.server);
  if (!server) throw std::runtime_error{"not an address"};
  Figures figures;
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < options.clients; ++i) {
    clients.push_back(std::make_unique<Client>(i, *server, options, figures));
  }
  std::vector<pollfd> waiting(clients.size());
  const auto begun = Clock::now();
  const auto until = begun + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>{options.seconds});
  Pace pace{options.rate};
  for (bool is_busy = true; is_busy;) {
    const auto now = Clock::now();
    is_busy = now < until;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (now < until && clients[i]->is_idle() && pace.take(now)) clients[i]->begin();
      clients[i]->repeat_if_lost(now);
      is_busy = is_busy || !clients[i]->is_idle();
      waiting[i] = {clients[i]->descriptor(), POLLIN, 0};
    }
    if (poll(waiting.data(), waiting.size(), 1) <= 0) continue;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if ((waiting[i].revents & POLLIN) != 0) clients[i]->receive();
    }
  }
  print(options, figures, std::chrono::duration<double>{Clock::now() - begun}.count());
  return figures.calls > 0 && figures.errors == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Sets up and takes down calls by the ng protocol: offer, answer, delete."};
  app.add_option("--server", options.server, "IP:PORT of the ng service over UDP")->required();
  app.add_option("--direction", options.direction, "two interfaces, as external,internal");
  app.add_option("--clients", options.clients, "requests under way at a time")
      ->check(CLI::Range(1, 1000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 240.0));
  app.add_option("--rate", options.rate, "calls a second; 0: as many as the server takes");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "ng_rate: %s\n", failure.what());
    return 2;
  }
}
