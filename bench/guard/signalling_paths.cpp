#include "bench/guard/signalling_paths.h"

#include <stdexcept>

#include "bench/guard/counting.h"
#include "bench/samples/lync_invite.h"
#include "signaling-shim/anchor/sessions.h"
#include "signaling-shim/sdp/rewrite.h"
#include "signaling-shim/sip/proxy_core.h"

namespace avedge::bench::guard {
namespace {

constexpr unsigned kInvites = 200;
constexpr unsigned kWarmUp = 20;
const Time kNow{std::chrono::hours{1}};

/// Ports that exist on paper only: a data plane would count its own work.
class PortsOnPaper final : public SessionControl {
 public:
  WorkerIndex assign_worker() override { return WorkerIndex{}; }
  Verdict<MediaPortPair> lease_pair(WorkerIndex, std::string_view, AddressFamily) override {
    const Port rtp = next_port();
    return MediaPortPair{bind(rtp), bind(rtp.next())};
  }
  Verdict<MediaPort> lease_single(WorkerIndex, std::string_view, AddressFamily) override {
    return bind(next_port());
  }
  Verdict<MediaPort> lease_stream(WorkerIndex, std::string_view, AddressFamily) override {
    return bind(next_port());
  }
  bool is_leased(const Endpoint&, Transport) const override { return false; }
  void set_path(WorkerIndex, const MediaPath&) override {}
  void remove_path(WorkerIndex, MediaPathId) override {}
  void release(WorkerIndex, SocketId) override {}

 private:
  [[nodiscard]] Port next_port() const { return Port{static_cast<std::uint16_t>(20'000 + next_)}; }
  MediaPort bind(Port port) {
    const Endpoint local{IpAddress::v4(203, 0, 113, 1), port};
    return {*this, WorkerIndex{}, SocketId{next_++}, local, local};
  }
  std::uint32_t next_ = 0;
};

class Unobserved final : public anchor::CallObserver {
  void on_call_started(const anchor::CallInfo&) override {}
  void on_call_ended(const anchor::CallInfo&, const anchor::CallEnd&) override {}
  void on_media_reclaimed(const anchor::CallInfo&, Side, std::uint64_t) override {}
  void on_target_refused(const anchor::CallInfo&, std::string_view, bool) override {}
  void on_call_refused(const anchor::SessionSpec&, const anchor::CallRefusal&) override {}
};

sip::Settings two_sided() {
  sip::Settings settings;
  for (const auto& [interface, address] :
       {std::pair{"external", "203.0.113.1:5060"}, std::pair{"internal", "10.0.0.1:5060"}}) {
    const Endpoint local = *Endpoint::parse(address);
    settings.listeners.push_back({interface, local, local, {Transport::udp}});
  }
  sip::Route inward;
  inward.from = "external";
  inward.next_hops = {*sip::NextHop::parse("sip:10.0.0.20:5060")};
  settings.routes = {inward};
  settings.limits.requests_per_second = settings.limits.request_burst = 1e6;
  return settings;
}

/// The message that went on; anything else ends the run.
void expect_forwarded(const sip::Outbox& out) {
  for (const sip::Send& message : out) {
    if (!message.bytes.starts_with("INVITE")) continue;
    if (message.bytes.find("203.0.113.92") == std::string::npos) return;
  }
  throw std::runtime_error{"an INVITE was not forwarded with its media anchored"};
}

}  // namespace

void measure_invite() {
  const sip::Settings settings = two_sided();
  PortsOnPaper ports;
  Unobserved observer;
  anchor::Settings patience;
  patience.max_sessions_per_source = patience.max_ports_per_source = 10 * kInvites;
  patience.unanswered = {2 * kInvites, 2 * kInvites, 2 * kInvites};
  anchor::Sessions sessions{ports, patience, observer};
  sip::Counters counters;
  sip::PendingBytes in_flight{settings.limits};
  sip::ProxyCore proxy{settings, sip::SigningKey{std::byte{7}}, sessions, counters, in_flight};
  const sip::SipFlow caller{sip::ListenerIndex{0}, Transport::udp, sip::ConnectionId::none,
                            *Endpoint::parse("198.51.100.9:5062")};
  std::vector<std::string> invites;
  for (unsigned i = 0; i < kInvites; ++i) invites.push_back(lync_invite(i));

  std::vector<sip::Outbox> sent(kInvites);
  for (unsigned i = 0; i < kInvites; ++i) {
    if (i == kWarmUp) begin_counting();
    proxy.on_message(kNow, caller, invites[i], sent[i]);
  }
  end_counting("sip_invite", kInvites - kWarmUp);
  for (const sip::Outbox& out : sent) expect_forwarded(out);
}

void measure_sdp() {
  constexpr std::size_t kRepetitions = 200;
  const std::string offer = skype_offer();
  const IpAddress edge = IpAddress::v4(203, 0, 113, 1);
  sdp::RewritePlan far;
  far.address = edge;
  far.media.emplace_back().datagrams = {{edge, Port{50000}}, {edge, Port{50001}}};
  std::size_t written = 0;
  begin_counting();
  for (std::size_t i = 0; i < kRepetitions; ++i) {
    const auto view = sdp::View::parse(offer);
    if (view) written += sdp::rewrite(*view, far).size();
  }
  end_counting("sdp_rewrite", kRepetitions);
  if (written == 0) throw std::runtime_error{"the description was not rewritten"};
}

}  // namespace avedge::bench::guard
