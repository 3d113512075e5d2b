// The rules of latching as a table, the one that docs/latching.md prints: which packets pass, and
// where media for the party goes in the end.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <sstream>

#include "latched_call.h"
#include "made_checks.h"

namespace avedge::latching {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// One line of the table. `events`: what happens, in the notation of docs/latching.md.
struct Row {
  std::string_view rules;
  std::string_view events;
  std::string_view then;  // where RTP goes; "F", "U", "V": where RTCP goes
};

constexpr Row kRows[] = {
    {"signalled", "E+ P- E+", "E"},
    {"signalled", "P+ E+ P-", "E"},
    {"signalled", "P+ P+ P+ 3s P+ E+ P-", "E"},
    {"signalled", "X- Xk-", "E"},
    {"signalled", "Pj- Pt- Pm- P+", "P"},
    {"signalled", "C+ P-", "C"},
    {"signalled", "P+ Qn- Qn- Qn+ P-", "Q"},
    {"signalled", "P+ Qn- Qn- P+ Qn- Qn-", "P"},
    {"signalled", "P+ P+ P+ 3s P+ Qn- Qn- Qn-", "P"},
    {"signalled", "P+ P+ P+ 3s P+ 1s Q- Q- Q-", "P"},
    {"signalled", "P+ P+ P+ 3s P+ 2s Q- Q- Q+ Q+", "Q"},
    {"signalled", "P+ P+ P+ 3s P+ 2s Qn- Qn- Qn-", "P"},
    {"signalled", "P+ P+ P+ 3s P+ 2s Q- Qn- Q- Q+", "Q"},
    {"signalled", "P+ P+ P+ 3s P+ 2s X- X- X-", "P"},
    {"signalled", "P+ P+ P+ 3s P+ 2s Q- Q- Q+ P+ Q-", "P"},
    {"signalled", "E+ 2s P- P- P+ E+ P-", "E"},
    {"signalled", "E+ hold 5s P- P- P- resume P- 2s P- P- P+", "P"},
    {"signalled", "P+ hold 5s Qn- Qn- Qn-", "P"},
    {"signalled", "P+ P+ P+ 3s P+ same Qn- Qn- Qn-", "P"},
    {"signalled", "P+ P+ P+ 3s P+ sdp Qn- Qn- Qn+ P-", "Q"},
    {"signalled", "P+ P+ P+ 3s P+ sdp P+ E+ P-", "E"},
    {"signalled", "E+ sdp Pn- Pn- Pn-", "E"},
    {"signalled", "E+ move", "M"},
    {"signalled", "E+ move E+ M+ E-", "M"},
    {"signalled", "P+ move P+", "P"},
    {"signalled", "P+ move M+ P-", "M"},
    {"signalled", "P+ move 3s", "M"},
    {"strict", "P- Pk- X- Xk- E+ P- 5s P- P- P- E+", "E"},
    {"sip-source", "E- P- X- S+ E-", "S"},
    {"sip-source, from E's address", "P+ E+ P- C-", "E"},
    {"sip-source", "Xk+ X+ S-", "X"},
    {"signalled, ICE", "E- P- Pf- Pk+ P+ E-", "P"},
    {"signalled, ICE", "Xk+ X+ 5s P- P- P-", "X"},
    {"signalled, ICE", "Xa- Pa- Ea+ E+ P-", "E"},
    {"signalled, then ICE", "P+ ice P+ Q- E- Xk+ P-", "X"},
    {"strict, ICE", "P- Pk- E+", "E"},
    {"signalled", "Ur- Fr+ Ur-", "F"},
    {"signalled", "P+ Ur+ Vr- Fr+ Ur-", "F"},
    {"signalled", "P+ Ur+ Vr-", "U"},
    {"signalled", "C+ Ur- Vr+ E+ Vr- Ur+", "U"},
    {"signalled", "P+ Ur+ 2s Wr- Wr- Wr-", "U"},
    {"signalled", "P+ Ur+ E+ Wr+ Ur-", "W"},
    {"signalled", "E+ Xr- Vr- Fr+", "F"},
    {"signalled, asymmetric", "P+ X-", "E"},
    {"endpoint-learning=delayed", "P+ Qn+ S+", "E"},
    {"endpoint-learning=delayed", "P+ Qn+ S+ 3s P- S+", "S"},
    {"endpoint-learning=delayed", "P+ E+ P- 3s", "E"},
    {"endpoint-learning=heuristic", "P+ S+ 3s P+ S-", "P"},
    {"endpoint-learning=heuristic", "S+ 3s S+", "S"},
    {"endpoint-learning=immediate", "P+ S- E+ P-", "E"},
    {"endpoint-learning=off", "P- S- E+ P-", "E"},
    {"strict-source", "E+ 2s P- P- P-", "E"},
    {"media-handover", "E+ 2s Pn- Pn- Pn+", "P"},
    {"media-handover", "E+ 2s X- X- X-", "E"},
};

Endpoint endpoint_named(char name) {
  switch (name) {
    case 'E': return at("198.51.100.1:4000");
    case 'M': return at("198.51.100.1:4002");
    case 'P': return at("198.51.100.1:4711");
    case 'Q': return at("198.51.100.1:4712");
    case 'C': return at("198.51.100.9:5000");
    case 'S': return at("203.0.113.5:700");
    case 'X': return at("203.0.113.66:66");
    case 'F': return at("198.51.100.1:4001");
    case 'U': return at("198.51.100.1:5801");
    case 'W': return at("198.51.100.1:5803");
    case 'V': return at("198.51.100.9:5802");
    default: ADD_FAILURE() << "no endpoint " << name; return {};
  }
}

constexpr SocketId kRtpSocket{1};
constexpr SocketId kRtcpSocket{2};
constexpr SocketId kOtherRtpSocket{3};
constexpr SocketId kOtherRtcpSocket{4};

bool is_about_rtcp(const Row& row) {
  return std::string_view{"FUVW"}.find(row.then.front()) != std::string_view::npos;
}

/// A call whose one party is the row's, and whose other one sits still at 10.0.0.20.
class Scenario {
 public:
  Scenario(const Row& row, bool is_near) : row_{row}, is_near_{is_near} {
    party_.socket = kRtpSocket;
    party_.signalled = endpoint_named('E');
    party_.signalled_addresses = {endpoint_named('E').address, endpoint_named('C').address};
    party_.sip_source = endpoint_named('S').address;
    party_.payload.kind = LinePayload::Kind::rtp;
    party_.payload.payload_types.set(0);
    apply_rules(row.rules);
    set();
  }

  void run() {
    std::istringstream events{std::string{row_.events}};
    for (std::string event; events >> event;) {
      if (event.back() == '+' || event.back() == '-') {
        send(event);
      } else {
        change(event);
      }
    }
    EXPECT_EQ(destination(), endpoint_named(row_.then.front())) << "after all";
  }

 private:
  [[nodiscard]] bool has(std::string_view rule) const {
    return row_.rules.find(rule) != std::string_view::npos;
  }

  void apply_rules(std::string_view rules) {
    if (rules.starts_with("strict") && !rules.starts_with("strict-source")) {
      party_.latching = Latching::strict;
    }
    if (has("learning=off")) party_.latching = Latching::strict;
    if (has("sip-source")) party_.latching = Latching::sip_source;
    if (has("from E's address")) party_.sip_source = endpoint_named('E').address;
    if (has("endpoint-learning")) party_.signalled_addresses.push_back(party_.sip_source);
    if (has("delayed")) party_.timing = LatchTiming::delayed;
    if (has("heuristic")) party_.timing = LatchTiming::heuristic;
    if (has("strict-source")) party_.rebinding = Rebinding::refused;
    if (has("media-handover")) party_.rebinding = Rebinding::any_stream;
    party_.is_asymmetric = has("asymmetric");
    if (has("ICE") && !has("then ICE")) agree_on_ice();
    // As in a call whose ICE is of the older grammar.
    if (has("sip-source") || has("strict")) add_keys();
  }

  void add_keys() {
    party_.ice = {{"far", "far-password", "near"}};
    other_ice_ = {{"near", "near-password", "far"}};
  }
  void agree_on_ice() {
    add_keys();
    party_.uses_ice = true;
  }

  void set() {
    call_.set(path(MediaPathId{1}, party_, kOtherRtpSocket));
    UdpLeg rtcp = party_;
    rtcp.socket = kRtcpSocket;
    rtcp.signalled = endpoint_named('F');
    rtcp.payload.kind = LinePayload::Kind::rtcp;
    UdpPath second = path(MediaPathId{2}, rtcp, kOtherRtcpSocket);
    second.rtp = MediaPathId{1};
    call_.set(second);
  }

  [[nodiscard]] UdpPath path(MediaPathId id, const UdpLeg& party, SocketId other_socket) const {
    UdpLeg other;
    other.socket = other_socket;
    other.signalled = at("10.0.0.20:6000");
    other.ice = other_ice_;
    return is_near_ ? UdpPath{id, party, other, nullptr, {}}
                    : UdpPath{id, other, party, nullptr, {}};
  }

  void change(const std::string& event) {
    if (event.back() == 's' && std::isdigit(event.front()) != 0) {
      return call_.wait(seconds{event.front() - '0'});
    }
    if (event == "hold" || event == "resume") party_.may_send = event == "resume";
    if (event == "sdp") party_.signalled_addresses.push_back(at("198.51.100.77").address);
    if (event == "move") party_.signalled = endpoint_named('M');
    if (event == "ice") agree_on_ice();
    set();
  }

  /// "P+", "Qn-": an endpoint, what it sends, and whether that is to pass.
  void send(const std::string& event) {
    const Endpoint from = endpoint_named(event.front());
    const char kind = event.size() == 3 ? event[1] : ' ';
    const SocketId socket = kind == 'r' ? kRtcpSocket : kRtpSocket;
    const bool passed = call_.send(socket, from, datagram(kind)).has_value();
    EXPECT_EQ(passed, event.back() == '+')
        << event << " at " << call_.now.time_since_epoch().count();
    call_.wait(milliseconds{20});
  }

  std::vector<std::byte> datagram(char kind) {
    switch (kind) {
      case 'n': return rtp_packet(2, next_++);
      case 't': return rtp_packet(1, next_++, 99);
      case 'j': return {std::byte{0x80}};
      case 'm':
      case 'r': return rtcp_packet(1);
      case 'k': return make_check("far:near", "far-password");
      case 'f': return make_check("far:near", "guessed");
      case 'a': return make_response("near-password");
      default: return rtp_packet(1, next_++);
    }
  }

  /// Where the other party's packet goes.
  std::optional<Endpoint> destination() {
    const bool rtcp = is_about_rtcp(row_);
    return call_.send(rtcp ? kOtherRtcpSocket : kOtherRtpSocket, at("10.0.0.20:6000"),
                      rtcp ? rtcp_packet(9) : rtp_packet(9, 1));
  }

  const Row& row_;
  bool is_near_;
  UdpLeg party_;
  std::vector<IceCheckKeys> other_ice_;
  std::uint16_t next_ = 65530;  // and so round the corner
  LatchedCall call_;
};

class LatchingMatrix : public testing::TestWithParam<std::tuple<Row, bool>> {};

TEST_P(LatchingMatrix, IsAsDocumented) {
  const auto& [row, is_near] = GetParam();
  SCOPED_TRACE(std::string{row.rules} + ": " + std::string{row.events});
  Scenario{row, is_near}.run();
}

INSTANTIATE_TEST_SUITE_P(BothDirections, LatchingMatrix,
                         testing::Combine(testing::ValuesIn(kRows), testing::Bool()));

TEST(LatchingDocumentation, PrintsThisTable) {
  std::ifstream file{AVEDGE_SOURCE_DIR "/docs/latching.md"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  for (const Row& row : kRows) {
    const std::string line = "| " + std::string{row.rules} + " | `" + std::string{row.events} +
                             "` | " + std::string{row.then} + " |";
    EXPECT_NE(text.find(line), std::string::npos) << "docs/latching.md lacks: " << line;
  }
}

}  // namespace
}  // namespace avedge::latching
