// Calls between two sides that both mean harm, through the proxy and the real media sessions, with
// a virtual clock: requests, responses, forks, re-INVITEs, forged repetitions, broken messages,
// lost next hops, ports that run out, media that arrives meanwhile. What leaves can be read again
// and does not show the network of the other side; and when everything has timed out, nothing is
// left over: no transaction, timer, session, port, path, flow, nor a call on a source's account.
#include "anchored_media.h"
#include "hostile_sdp.h"
#include "sip_actor.h"

namespace {

using namespace avedge;
using fuzz::Input;
using fuzz::Milestone;
using fuzz::require;
using fuzz::SipActor;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Milestone invited{"an INVITE with an offer reaches the other side"};
Milestone rang{"a provisional response comes back"};
Milestone accepted{"a 2xx with an answer comes back"};
Milestone acknowledged{"an ACK reaches the callee"};
Milestone reinvited{"a re-INVITE passes"};
Milestone hung_up{"a BYE passes"};
Milestone ended{"a call ends by its BYE"};
Milestone cancelled{"a CANCEL reaches the callee"};
Milestone failed_over{"an INVITE goes to the second next hop"};
Milestone refused{"a request is refused"};
Milestone forked{"a call has two dialogs"};
Milestone inbound{"a call from inside passes"};
Milestone registered{"a REGISTER passes"};
Milestone survived_mutation{"a broken message passes"};
Milestone over_tcp{"a call over TCP passes"};
Milestone idle_ended{"a call ends because its media fell silent"};

constexpr std::string_view kCalls[] = {"1", "2", "3", "4"};
constexpr std::string_view kBranches[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
constexpr std::string_view kTags[] = {"x", "y", "z", ""};
constexpr int kStatuses[] = {200, 180, 183, 100, 486, 487, 503, 401, 302, 488, 408, 699};
constexpr std::string_view kMethods[] = {"ACK",  "BYE",    "INVITE", "UPDATE",    "PRACK",
                                         "INFO", "CANCEL", "REFER",  "SUBSCRIBE", "OPTIONS"};
constexpr std::string_view kOtherMethods[] = {"REGISTER", "OPTIONS", "SUBSCRIBE",
                                              "MESSAGE",  "REFER",   "PUBLISH"};
constexpr std::string_view kResponseHeaders[] = {
    "", "Require: 100rel\nRSeq: 1\n", "Session-Expires: 90;refresher=uac\n", "Require: 100rel\n"};
constexpr Duration kSteps[] = {milliseconds{100}, milliseconds{500}, seconds{5},
                               seconds{33},       minutes{4},        minutes{31}};

sip::Settings settings() {
  auto settings =
      sip::testing::two_sided({"sip:10.0.0.20:5060", "sip:10.0.0.21:5060;transport=tcp"});
  settings.routes[0].path = true;
  settings.routes[1].latching = Latching::sip_source;
  settings.limits.pending_invites = 6;
  settings.limits.pending_bytes = 64 * 1024;
  return settings;
}

class Sip {
 public:
  Sip() {
    using namespace sip::testing;
    const auto outside = [](const sip::SipFlow& at, const char* user) {
      return SipActor{at, user, "inside.example"};
    };
    const auto inside = [](const sip::SipFlow& at, const char* user) {
      return SipActor{at, user, "outside.example"};
    };
    actors_ = {outside(kAlice, "alice"), outside(tcp(kExternal, "198.51.100.19:5070", 7), "carol"),
               outside(udp(kExternal, "198.51.100.7:5060"), "trunk"), inside(kBob, "bob"),
               inside(tcp(kInternal, "10.0.0.21:5060", 8), "bill")};
  }

  /// i ACTOR CALL BRANCH CSEQ BODY: an INVITE outside a dialog; bodies as in read_body().
  void invite(Input& input) {
    SipActor& actor = pick_actor(input);
    const auto call = input.one_of(kCalls);
    const auto branch = input.one_of(kBranches);
    const int cseq = static_cast<int>(input.below(4));
    say(actor, actor.request("INVITE", call, branch, cseq, read_body(input, actor)));
  }

  /// n ACTOR CALL BRANCH METHOD: another request outside a dialog.
  void other_request(Input& input) {
    SipActor& actor = pick_actor(input);
    const auto call = input.one_of(kCalls);
    const auto branch = input.one_of(kBranches);
    say(actor, actor.request(input.one_of(kOtherMethods), call, branch, 1, {}));
  }

  /// r ACTOR RECEIVED STATUS TAG HEADERS BODY: a response to what the actor has received.
  void respond(Input& input) {
    SipActor& actor = pick_actor(input);
    const std::string* request = actor.received.get(input.below(12));
    const int status = input.one_of(kStatuses);
    const auto tag = input.one_of(kTags);
    std::string headers{input.one_of(kResponseHeaders)};
    const fuzz::Body body = read_body(input, actor);
    if (request == nullptr || !sip::testing::view_of(*request).is_request()) return;
    if (!body.text.empty() && body.content_type != "application/sdp") return;
    headers += "Contact: " + actor.contact() + "\n";
    say(actor, sip::testing::response(*request, status, tag, body.text, headers));
  }

  /// d ACTOR RECEIVED METHOD TAG BRANCH CSEQ BODY: a request in the dialog of a received message.
  void in_dialog(Input& input) {
    SipActor& actor = pick_actor(input);
    const std::string* message = actor.received.get(input.below(12));
    const auto method = input.one_of(kMethods);
    const auto tag = input.one_of(kTags);
    const auto branch = input.one_of(kBranches);
    const int cseq = static_cast<int>(input.below(8));
    const fuzz::Body body = read_body(input, actor);
    if (message == nullptr) return;
    say(actor, actor.in_dialog(*message, method, tag, branch, cseq, body));
  }

  /// c ACTOR SENT IS_ACK RECEIVED: CANCEL, or ACK to a failure, of an earlier request.
  void about_earlier(Input& input) {
    SipActor& actor = pick_actor(input);
    const std::string* request = actor.sent.get(input.below(12));
    const bool is_ack = input.flag();
    const std::string* failure = actor.received.get(input.below(12));
    if (request == nullptr || !sip::testing::view_of(*request).is_request()) return;
    std::string to;
    if (is_ack && failure != nullptr) {
      to = SipActor::header(sip::testing::view_of(*failure), sip::HeaderId::to);
    }
    say(actor, SipActor::about(*request, is_ack ? "ACK" : "CANCEL", to));
  }

  /// s ACTOR SENT BY: the same message again, by its sender or by somebody else.
  void repeat(Input& input) {
    const SipActor& actor = pick_actor(input);
    const std::string* message = actor.sent.get(input.below(12));
    SipActor& by = pick_actor(input);
    if (message != nullptr) say(by, std::string{*message});
  }

  /// x ACTOR SENT HOW WHERE LENGTH BYTES: a message that was sent, broken.
  void broken(Input& input) {
    SipActor& actor = pick_actor(input);
    const std::string* message = actor.sent.get(input.below(12));
    const std::size_t how = input.below(4);
    const std::size_t where = 4 * input.below(256);
    const std::string_view bytes = input.bytes();
    if (message == nullptr) return;
    is_plain_ = false;
    const std::size_t sends = sends_;
    say(actor, mutated(*message, how, where % message->size(), bytes));
    survived_mutation.reach_if(sends_ > sends);
  }

  /// u SENT: what the proxy has sent cannot be delivered.
  void undeliverable(Input& input) {
    const std::size_t index = input.below(12);
    if (out_.empty()) return;
    const sip::Send lost = out_[index % out_.size()];
    sip::Outbox out;
    core_.on_undeliverable(now_, lost, out);
    dispatch(std::move(out), kMostSends);
  }

  /// k PAIRS OTHERS: ports that can be leased.
  void limit_ports(Input& input) { media_.limit_ports(input); }
  /// m PATH SIDE SOURCE KIND: a packet for an anchored port.
  void packet(Input& input) { media_.packet(now_, input); }
  /// t STEP: time passes.
  void wait(Input& input) { advance(input.one_of(kSteps)); }

  void check() {
    media_.follow(now_);
    media_.check();
    const auto pending = static_cast<std::size_t>(counters_.pending_invites.value());
    require(pending <= settings_.limits.pending_invites, "too many transactions");
    for (const auto& call : media_.sessions.snapshot(now_)) forked.reach_if(call.dialogs > 1);
    idle_ended.reach_if(has_ended(anchor::EndReason::idle));
    ended.reach_if(has_ended(anchor::EndReason::bye));
    fuzz::call_ports_exhausted.reach_if(counters_.drops.of(DropReason::ports_exhausted) > 0);
  }

  void finish() {
    advance(minutes{10});  // longer than every timer of a transaction
    require(counters_.pending_invites.value() == 0, "a transaction is left over");
    require(core_.next_deadline() == kNever, "a timer is left over");
    advance(fuzz::AnchoredMedia::kLongest);
    advance(seconds{1});
    media_.check_empty();
    for (const SipActor& actor : actors_) {
      media_.check_source_is_free(now_, actor.at().remote.address);
    }
  }

 private:
  /// A 100 to the caller, the INVITE to the callee, and a CANCEL or ACK with them at most.
  static constexpr std::size_t kMostSends = 4;

  SipActor& pick_actor(Input& input) { return actors_[input.below(actors_.size())]; }

  /// KIND: 0 for none, 1 for SDP (DESCRIPTION), 2 for SDP in a MIME tree.
  fuzz::Body read_body(Input& input, const SipActor& actor) {
    const std::size_t kind = input.below(3);
    if (kind == 0) return {};
    fuzz::Description described = fuzz::describe(
        input, actor.is_outside() ? fuzz::DescribedSide::outside : fuzz::DescribedSide::inside);
    is_plain_ = is_plain_ && described.is_plain;
    if (kind == 1) return {std::move(described.sdp)};
    return {"--b\r\nContent-Type: application/sdp\r\n\r\n" + described.sdp + "\r\n--b--\r\n",
            "multipart/mixed;boundary=b"};
  }

  static std::string mutated(std::string message, std::size_t how, std::size_t where,
                             std::string_view bytes) {
    const std::size_t line = message.rfind('\n', where) + 1;  // 0 in the first one
    const std::size_t next = std::min(message.find('\n', where), message.size() - 1) + 1;
    switch (how) {
      case 0: return message.erase(line, next - line);
      case 1: return message.insert(next, message.substr(line, next - line));
      case 2: return message.replace(where, bytes.size(), bytes);
      default: return message.insert(where, bytes);
    }
  }

  void say(SipActor& actor, std::string message) {
    sip::Outbox out;
    core_.on_message(now_, actor.at(), message, out);
    note(actor, out);
    if (sip::View::parse(message, sip::Framing::datagram)) actor.sent.add(std::move(message));
    dispatch(std::move(out), kMostSends);
  }

  /// What became of a message.
  static void note(const SipActor& actor, const sip::Outbox& out) {
    for (const sip::Send& send : out) {
      const auto view = sip::View::parse(send.bytes, sip::Framing::datagram);
      if (!view) continue;
      const bool crosses = actor.at().listener != send.to.listener;
      refused.reach_if(!crosses && view->status() >= 400);
      if (crosses) note_passage(actor, *view);
    }
  }
  static void note_passage(const SipActor& actor, const sip::View& view) {
    const bool has_sdp = view.body().find("m=") != std::string_view::npos;
    if (!view.is_request()) {
      rang.reach_if(view.status() > 100 && view.status() < 200);
      accepted.reach_if(view.status() == 200 && view.method() == sip::Method::invite && has_sdp);
      return;
    }
    switch (view.method()) {
      case sip::Method::invite:
        invited.reach_if(has_sdp && view.to_tag().empty());
        reinvited.reach_if(has_sdp && !view.to_tag().empty());
        inbound.reach_if(!actor.is_outside());
        over_tcp.reach_if(actor.at().transport == Transport::tcp);
        break;
      case sip::Method::ack: acknowledged.reach(); break;
      case sip::Method::bye: hung_up.reach(); break;
      case sip::Method::cancel: cancelled.reach(); break;
      case sip::Method::register_: registered.reach(); break;
      default: break;
    }
  }
  [[nodiscard]] bool has_ended(anchor::EndReason reason) const {
    return media_.sessions.counters().ended[static_cast<std::size_t>(reason)].value() > 0;
  }

  /// Checks what leaves and gives it to whoever is there.
  void dispatch(sip::Outbox out, std::size_t most) {
    require(out.size() <= most, "one message makes many");
    for (const sip::Send& send : out) {
      ++sends_;
      const auto view = sip::View::parse(send.bytes, sip::Framing::datagram);
      require(view.ok() || !is_plain_, "a message leaves that cannot be read");
      if (!view) continue;
      check_hidden(send, *view);
      failed_over.reach_if(view->is_request() && view->method() == sip::Method::invite &&
                           view->to_tag().empty() && send.to.remote == actors_[4].at().remote);
      for (SipActor& actor : actors_) {
        if (actor.at().remote == send.to.remote) actor.received.add(send.bytes);
      }
    }
    if (!out.empty()) out_ = std::move(out);
  }
  void check_hidden(const sip::Send& send, const sip::View& view) const {
    const bool goes_outside = send.to.listener == sip::testing::kExternal;
    const auto hidden =
        fuzz::network_of(goes_outside ? fuzz::DescribedSide::inside : fuzz::DescribedSide::outside);
    require(!is_plain_ || view.body().find(hidden) == std::string_view::npos,
            "a body shows the other side's network");
  }

  /// Second by second at first, as the signalling thread does, then in longer and longer steps.
  void advance(Duration by) {
    const Time end = now_ + by;
    Duration step = seconds{1};
    while (now_ < end) {
      const Time next = std::min(end, now_ + step);
      run_timers(next);
      now_ = next;
      media_.expire(now_);
      if (core_.next_deadline() == kNever) step *= 2;
    }
  }
  void run_timers(Time until) {
    while (core_.next_deadline() <= until) {
      now_ = std::max(now_, core_.next_deadline());
      sip::Outbox out;
      core_.on_timer(now_, out);
      dispatch(std::move(out), kMostDue);
    }
  }
  /// All transactions there may be, and all that they repeat.
  static constexpr std::size_t kMostDue = 400;

  Time now_{std::chrono::hours{1}};
  fuzz::AnchoredMedia media_;
  sip::Settings settings_ = settings();
  sip::Counters counters_;
  sip::PendingBytes in_flight_{settings_.limits};
  sip::ProxyCore core_{settings_, sip::SigningKey{std::byte{7}}, media_.sessions, counters_,
                       in_flight_};
  std::vector<SipActor> actors_;
  sip::Outbox out_;  // the last one that was not empty
  std::size_t sends_ = 0;
  /// Whether nothing but well-formed messages with known lines has been sent so far.
  bool is_plain_ = true;
};

constexpr fuzz::Operation<Sip> kOperations[] = {
    {'i', &Sip::invite},      {'n', &Sip::other_request}, {'r', &Sip::respond},
    {'r', &Sip::respond},     {'d', &Sip::in_dialog},     {'c', &Sip::about_earlier},
    {'s', &Sip::repeat},      {'x', &Sip::broken},        {'u', &Sip::undeliverable},
    {'k', &Sip::limit_ports}, {'m', &Sip::packet},        {'t', &Sip::wait}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::abort_on_failed_expectations();
  Sip sip;
  Input input{data, size};
  fuzz::play(sip, kOperations, input);
  sip.finish();
  return 0;
}
