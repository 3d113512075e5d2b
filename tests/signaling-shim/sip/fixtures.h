// Messages, neighbours and an anchor for the SIP tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signaling-shim/sip/proxy_core.h"

namespace avedge::sip::testing {

/// CRLF for every LF, so that messages can be written as they read.
inline std::string wire(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

inline std::string with_body(std::string head, std::string_view body) {
  return wire(head) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string{body};
}

inline View view_of(std::string_view message) {
  auto view = View::parse(message, Framing::datagram);
  if (!view) throw std::runtime_error{"not a message: " + std::string{message}};
  return std::move(*view);
}

inline std::vector<std::string> values_of(const View& view, HeaderId id) {
  std::vector<std::string> values;
  for (const ListItem& item : list_items(view.header_index(), id)) values.emplace_back(item.value);
  return values;
}

/// Replaces "SDP" in bodies by "EDGE", remembers what it was told.
class FakeAnchor : public anchor::MediaAnchor {
 public:
  struct Seen {
    anchor::SessionId session;
    Side sender;
    std::string method;
    int status;
    std::string callee_tag;
    bool reliable;
    std::string body;
    IpAddress source;
    std::optional<std::chrono::seconds> session_expires;
  };

  Verdict<anchor::SessionId> open(Time, const anchor::SessionSpec& spec) override {
    if (refuse_open) return *refuse_open;
    specs.push_back(spec);
    return static_cast<anchor::SessionId>(specs.size());
  }
  Verdict<anchor::BodyRewrite> on_message(Time, anchor::SessionId session,
                                          const anchor::DialogMessage& message) override {
    seen.push_back({session, message.sender, std::string{message.method}, message.status,
                    std::string{message.callee_tag}, message.reliable, std::string{message.body},
                    message.source, message.session_expires});
    if (refuse_body && !message.body.empty()) return *refuse_body;
    if (message.body.empty()) return anchor::BodyRewrite{};
    std::string body{message.body};
    if (const auto at = body.find("SDP"); at != std::string::npos) body.replace(at, 3, "EDGE");
    return anchor::BodyRewrite{body};
  }
  void abandon(Time, anchor::SessionId session) override { abandoned.push_back(session); }
  void expire(Time) override { ++expirations; }

  std::optional<DropReason> refuse_open;
  std::optional<DropReason> refuse_body;
  std::vector<anchor::SessionSpec> specs;
  std::vector<Seen> seen;
  std::vector<anchor::SessionId> abandoned;
  int expirations = 0;
};

inline SipFlow udp(ListenerIndex listener, std::string_view remote) {
  return {listener, Transport::udp, ConnectionId::none, *Endpoint::parse(remote)};
}
inline SipFlow tcp(ListenerIndex listener, std::string_view remote, std::uint64_t connection) {
  return {listener, Transport::tcp, static_cast<ConnectionId>(connection),
          *Endpoint::parse(remote)};
}

inline constexpr ListenerIndex kExternal{0};
inline constexpr ListenerIndex kInternal{1};

inline Settings two_sided(std::vector<std::string> inside = {"sip:10.0.0.20:5060"}) {
  Settings settings;
  settings.listeners = {{"external",
                         *Endpoint::parse("192.0.2.1:5060"),
                         *Endpoint::parse("203.0.113.1:5060"),
                         {Transport::udp, Transport::tcp},
                         {}},
                        {"internal",
                         *Endpoint::parse("10.0.0.1:5060"),
                         *Endpoint::parse("10.0.0.1:5060"),
                         {Transport::udp, Transport::tcp},
                         {}}};
  Route inward;
  inward.from = "external";
  inward.domain = "inside.example";
  for (const std::string& hop : inside) inward.next_hops.push_back(*NextHop::parse(hop));
  Route outward;
  outward.from = "internal";
  outward.next_hops = {*NextHop::parse("sip:198.51.100.7:5060")};
  settings.routes = {inward, outward};
  return settings;
}

/// A proxy with its clock in hand.
struct Proxy {
  explicit Proxy(Settings wanted = two_sided())
      : settings{std::move(wanted)},
        pending_bytes{settings.limits},
        core{settings, SigningKey{std::byte{7}}, anchor, counters, pending_bytes} {}

  Outbox receive(const SipFlow& from, std::string_view message) {
    Outbox out;
    core.on_message(now, from, message, out);
    return out;
  }
  Outbox wait(Duration duration) {
    Outbox out;
    const Time end = now + duration;
    while (core.next_deadline() <= end) {
      now = std::max(now, core.next_deadline());
      core.on_timer(now, out);
    }
    now = end;
    return out;
  }
  [[nodiscard]] std::uint64_t drops(DropReason reason) const { return counters.drops.of(reason); }

  Settings settings;
  FakeAnchor anchor;
  Counters counters;
  PendingBytes pending_bytes;
  ProxyCore core;
  Time now{std::chrono::hours{1}};
};

inline const SipFlow kAlice = udp(kExternal, "198.51.100.9:5062");
inline const SipFlow kBob = udp(kInternal, "10.0.0.20:5060");

/// Alice, outside, calls Bob, inside.
inline std::string invite(std::string_view transport = "UDP") {
  return with_body(
      "INVITE sip:bob@inside.example SIP/2.0\n"
      "Via: SIP/2.0/" +
          std::string{transport} +
          " 198.51.100.9:5062;branch=z9hG4bKalice1;rport\n"
          "Max-Forwards: 70\n"
          "From: \"Alice\" <sip:alice@outside.example>;tag=a1\n"
          "To: <sip:bob@inside.example>\n"
          "Call-ID: call-1@198.51.100.9\n"
          "CSeq: 1 INVITE\n"
          "Contact: <sip:alice@198.51.100.9:5062>\n"
          "X-Odd :  kept   as it is\n"
          "Content-Type: application/sdp\n",
      "v=0 SDP of Alice");
}

/// What a user agent answers to `request`: its Vias, dialog headers and Record-Routes back.
inline std::string response(std::string_view request, int status, std::string_view to_tag,
                            std::string_view body = {}, std::string_view extra = {}) {
  const View view = view_of(request);
  std::string text = "SIP/2.0 " + std::to_string(status) + " Whatever\r\n";
  for (const HeaderLine& header : view.header_index().headers()) {
    switch (header.id) {
      case HeaderId::via:
      case HeaderId::from:
      case HeaderId::call_id:
      case HeaderId::cseq: text += header.line; break;
      case HeaderId::record_route:
        if (status > 100 && status < 300) text += header.line;
        break;
      case HeaderId::to:
        text += header.line.substr(0, header.line.size() - 2);
        if (view.to_tag().empty() && !to_tag.empty()) text += ";tag=" + std::string{to_tag};
        text += "\r\n";
        break;
      default: break;
    }
  }
  text += wire(extra);
  if (!body.empty()) text += "Content-Type: application/sdp\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

/// One party's view of a dialog: how it writes a request within it.
struct Party {
  std::string contact;  // of the other party: the Request-URI
  std::vector<std::string> routes;
  std::string from;
  std::string to;
  std::string via;

  [[nodiscard]] std::string request(std::string_view method, int cseq, std::string_view branch,
                                    std::string_view body = {}) const {
    std::string head = std::string{method} + " " + contact + " SIP/2.0\n" + "Via: " + via +
                       ";branch=z9hG4bK" + std::string{branch} + "\nMax-Forwards: 70\n";
    for (const std::string& route : routes) head += "Route: " + route + "\n";
    head += "From: " + from + "\nTo: " + to +
            "\nCall-ID: call-1@198.51.100.9\nCSeq: " + std::to_string(cseq) + " " +
            std::string{method} + "\n";
    if (!body.empty()) head += "Content-Type: application/sdp\n";
    return with_body(head, body);
  }
};

/// The call of invite(), answered by Bob with tag b1; `ok` is the 200 as Alice received it.
inline Party alice_after(std::string_view ok) {
  auto routes = values_of(view_of(ok), HeaderId::record_route);
  std::reverse(routes.begin(), routes.end());
  return {"sip:bob@10.0.0.20:5060", routes, "\"Alice\" <sip:alice@outside.example>;tag=a1",
          "<sip:bob@inside.example>;tag=b1", "SIP/2.0/UDP 198.51.100.9:5062;rport"};
}
inline Party bob_after(std::string_view forwarded_invite) {
  return {"sip:alice@198.51.100.9:5062",
          values_of(view_of(forwarded_invite), HeaderId::record_route),
          "<sip:bob@inside.example>;tag=b1", "\"Alice\" <sip:alice@outside.example>;tag=a1",
          "SIP/2.0/UDP 10.0.0.20:5060"};
}

}  // namespace avedge::sip::testing
