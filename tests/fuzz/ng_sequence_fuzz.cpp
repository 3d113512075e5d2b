// What a proxy that has been taken over, or several, can do over the ng protocol: offers, answers,
// deletions and questions in any order, with hostile descriptions and keys, repeated with the same
// cookie, while media arrives at the ports. Every reply is well-formed, a repeated request gets the
// same bytes and does nothing, and when time has passed nothing is left over.
#include <deque>

#include "anchored_media.h"
#include "hostile_sdp.h"
#include "signaling-shim/ng/bencode.h"
#include "signaling-shim/ng/json.h"
#include "signaling-shim/ng/service.h"

namespace {

using namespace avedge;
using fuzz::Input;
using fuzz::Milestone;
using fuzz::require;
using Entries = ng::Value::Dictionary;
using List = ng::Value::List;

Milestone offered{"an offer is accepted"};
Milestone reoffered{"an offer within a dialog is accepted"};
Milestone answered{"an answer is accepted"};
Milestone deleted{"a call is deleted"};
Milestone delayed{"a call is deleted later"};
Milestone queried{"a call is found by query"};
Milestone listed{"calls are listed"};
Milestone told{"statistics are told"};
Milestone repeated{"a repeated cookie gets the same reply"};
Milestone in_json{"JSON is spoken"};
Milestone unreadable{"a request that cannot be read is refused"};
Milestone warned{"a wish that cannot be had is warned of"};

constexpr std::string_view kCalls[] = {"call", "other", "third", "fourth"};
constexpr std::string_view kTags[] = {"", "a", "b", "c"};
constexpr std::string_view kBranches[] = {"", "z9hG4bK1", "z9hG4bK2"};
constexpr std::string_view kPeers[] = {"proxy", "other proxy"};
constexpr Duration kSteps[] = {std::chrono::seconds{1}, std::chrono::seconds{20},
                               std::chrono::minutes{1}, std::chrono::minutes{4},
                               std::chrono::minutes{31}};
/// Wishes, of which a request has up to eight neighbours in this list.
const Entries kWishes{
    {"flags", List{"trust-address"}},
    {"flags", List{"SIP-source-address", "asymmetric"}},
    {"replace", List{"origin", "session-connection"}},
    {"ICE", "remove"},
    {"ICE", "force"},
    {"rtcp-mux", List{"demux"}},
    {"transport-protocol", "RTP/SAVP"},
    {"transport-protocol", "RTP/AVP"},
    {"address-family", "IP6"},
    {"media-address", "198.51.100.77"},
    {"received-from", List{"IP4", "203.0.113.5"}},
    {"received-from", List{"IP4", "127.0.0.1"}},
    {"record-call", "yes"},
    {"flags", List{"loop-protect", "strict-source", "media-handover"}},
    {"endpoint-learning", "off"},
    {"endpoint-learning", "immediate"},
    {"flags", List{"endpoint-learning-heuristic", "port-latching", "unidirectional"}},
    {"direction", List{"nowhere"}},
    {"codec", ng::Value::Dictionary{{"strip", List{"all"}}, {"mask", List{"opus"}}}},
    {"supports", List{"load limit"}},
    {"flags", List{"to-tag", "fatal"}},
    {"limit", -1},
    {"sdp", 5},
    {"call-id", List{"call"}},
};

class Ng {
 public:
  /// o CALL FROM TO BRANCH DIRECTION WISHES PEER JSON SDP
  void offer(Input& input) {
    Entries request = of_call(input, "offer");
    static const List kDirections[] = {
        {"external", "internal"}, {"internal", "external"}, {"external", "external"}};
    request.emplace_back("direction", input.one_of(kDirections));
    const bool is_in_dialog = find(request, "to-tag") != nullptr;
    const ng::Value reply = send_described(input, std::move(request));
    offered.reach_if(is_ok(reply));
    reoffered.reach_if(is_ok(reply) && is_in_dialog);
  }

  /// a CALL FROM TO BRANCH WISHES PEER JSON SDP
  void answer(Input& input) {
    answered.reach_if(is_ok(send_described(input, of_call(input, "answer"))));
  }

  /// d CALL FROM TO BRANCH DELAY WISHES PEER JSON
  void remove(Input& input) {
    Entries request = of_call(input, "delete");
    const bool is_whole_call =
        find(request, "from-tag") == nullptr && find(request, "via-branch") == nullptr;
    const std::string call = *find(request, "call-id");
    const bool is_delayed = input.flag();
    request.emplace_back("delete-delay", is_delayed ? 30 : 0);
    const std::size_t wishes = request.size();
    add_wishes(input, request);
    const bool is_plain = request.size() == wishes;
    const ng::Value reply = send(input, request);
    const bool was_there = is_ok(reply) && reply.find("created") != nullptr;
    delayed.reach_if(was_there && is_delayed);
    if (is_whole_call && is_plain && !is_delayed) {
      deleted.reach_if(was_there);
      require(!is_known(call), "a deleted call is still there");
    }
  }

  /// q CALL PEER JSON
  void query(Input& input) {
    Entries request{{"command", "query"}, {"call-id", input.one_of(kCalls)}};
    queried.reach_if(is_ok(send(input, request)));
  }

  /// i WHAT PEER JSON: a question about no call.
  void ask(Input& input) {
    static constexpr std::string_view kCommands[] = {"list", "statistics", "ping",
                                                     "start recording", "Offer"};
    const std::string_view command = input.one_of(kCommands);
    const ng::Value reply = send(input, {{"command", command}});
    listed.reach_if(command == "list" && !reply.find("calls")->list()->empty());
    told.reach_if(command == "statistics" && is_ok(reply));
  }

  /// y WHICH PEER: a message that was sent before.
  void repeat(Input& input) {
    if (sent_.empty()) return;
    const Sent sent = sent_[input.below(16) % sent_.size()];
    const std::string_view peer = input.one_of(kPeers);
    const bool is_known = peer == sent.peer && now_ - sent.when < ng::CookieCache::kGeneration;
    const std::size_t set_calls = media_.control.set_calls;
    const std::size_t pairs = media_.control.pairs();
    const auto reply = service_.on_message(now_, peer, sent.message);
    if (!is_known) return;
    require(reply == sent.reply, "a repeated request gets another reply");
    require(media_.control.set_calls == set_calls && media_.control.pairs() == pairs,
            "a repeated request is carried out");
    repeated.reach();
  }

  /// x PEER LENGTH BYTES: a payload that the input brings.
  void anything(Input& input) {
    const std::string_view peer = input.one_of(kPeers);
    const std::string message = next_cookie() + " " + std::string{input.bytes()};
    const auto reply = service_.on_message(now_, peer, message);
    require(reply.has_value(), "a cookie gets no reply");
    unreadable.reach_if(reply->find("error-reason") != std::string::npos);
    note({std::string{peer}, message, *reply, now_});
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
  }

  void finish() {
    advance(fuzz::AnchoredMedia::kLongest);
    advance(std::chrono::seconds{1});
    media_.check_empty();
    const ng::Value reply = inspect({{"command", "list"}});
    require(reply.find("calls")->list()->empty(), "a call is left over");
  }

 private:
  struct Sent {
    std::string peer;
    std::string message;
    std::string reply;
    Time when;
  };

  static Entries of_call(Input& input, std::string_view command) {
    Entries request{{"command", command}, {"call-id", input.one_of(kCalls)}};
    const auto add = [&request](const char* key, std::string_view value) {
      if (!value.empty()) request.emplace_back(key, value);
    };
    add("from-tag", input.one_of(kTags));
    add("to-tag", input.one_of(kTags));
    add("via-branch", input.one_of(kBranches));
    return request;
  }
  /// Null if there is none.
  static const std::string* find(const Entries& request, std::string_view key) {
    for (const auto& [name, value] : request) {
      if (name == key) return value.text();
    }
    return nullptr;
  }

  /// FIRST COUNT
  static void add_wishes(Input& input, Entries& request) {
    const std::size_t first = input.below(kWishes.size());
    const std::size_t count = input.below(8);
    for (std::size_t i = 0; i < count; ++i) {
      request.push_back(kWishes[(first + i) % kWishes.size()]);
    }
  }

  ng::Value send_described(Input& input, Entries request) {
    const std::size_t plain_size = request.size();
    add_wishes(input, request);
    const bool passes_loops = request.size() > plain_size && has_loop_protection(request);
    // An answer repeats the offerer's tag as from-tag; its author is the other one.
    const std::string* command = find(request, "command");
    const bool is_answer = command != nullptr && *command == "answer";
    const std::string* author = find(request, is_answer ? "to-tag" : "from-tag");
    const auto side = author != nullptr && *author == "a" ? fuzz::DescribedSide::outside
                                                          : fuzz::DescribedSide::inside;
    const std::string_view peer = input.one_of(kPeers);
    const bool json = input.flag();
    const fuzz::Description described = fuzz::describe(input, side);
    request.insert(request.begin(), {"sdp", described.sdp});
    ng::Value reply = exchange(peer, json, std::move(request));
    warned.reach_if(reply.find("warning") != nullptr);
    const ng::Value* sdp = reply.find("sdp");
    if (sdp == nullptr || !described.is_plain || passes_loops) return reply;
    require(!shows(*sdp->text(), side), "a description shows its party's network");
    return reply;
  }
  static bool has_loop_protection(const Entries& request) {
    return ng::bencode::encode(ng::Value{request}).find("loop-protect") != std::string::npos;
  }
  static bool shows(const std::string& sdp, fuzz::DescribedSide side) {
    return sdp.find(fuzz::network_of(side)) != std::string::npos;
  }

  /// PEER JSON
  ng::Value send(Input& input, Entries request) {
    const std::string_view peer = input.one_of(kPeers);
    const bool json = input.flag();
    return exchange(peer, json, std::move(request));
  }

  ng::Value exchange(std::string_view peer, bool json, Entries request) {
    const ng::Value value{std::move(request)};
    const std::string cookie = next_cookie();
    const std::string message = ng::Frame::compose(
        cookie, ng::encode(value, json ? ng::Encoding::json : ng::Encoding::bencode));
    const auto reply = service_.on_message(now_, peer, message);
    require(reply.has_value(), "a request with a cookie gets no reply");
    in_json.reach_if(json);
    note({std::string{peer}, message, *reply, now_});
    const auto frame = ng::Frame::parse(*reply);
    require(frame && frame->cookie == cookie, "a reply has another cookie");
    return read(frame->payload, json);
  }

  static ng::Value read(std::string_view payload, bool json) {
    auto value = json ? ng::json::decode(payload) : ng::bencode::decode(payload);
    require(value.ok(), "a reply cannot be read");
    const ng::Value* result = value->find("result");
    require(result != nullptr && result->text() != nullptr, "a reply has no result");
    require(*result->text() != "error" || value->find("error-reason") != nullptr,
            "an error has no reason");
    fuzz::call_ports_exhausted.reach_if(payload.find(ng::kOutOfPorts) != std::string_view::npos);
    return *std::move(value);
  }
  static bool is_ok(const ng::Value& reply) { return *reply.find("result")->text() == "ok"; }

  /// Beside the conversation: no client sees it, and no cookie remembers it.
  ng::Value inspect(Entries request) {
    return read(service_.on_payload(now_, ng::bencode::encode(ng::Value{std::move(request)})),
                false);
  }
  bool is_known(const std::string& call) {
    return is_ok(inspect({{"command", "query"}, {"call-id", call}}));
  }

  void note(Sent sent) {
    sent_.push_front(std::move(sent));
    if (sent_.size() > 16) sent_.pop_back();
  }
  std::string next_cookie() { return "1_" + std::to_string(++cookies_); }

  void advance(Duration by) {
    now_ += by;
    media_.expire(now_);
    service_.expire(now_);
  }

  Time now_{std::chrono::hours{1}};
  fuzz::AnchoredMedia media_;
  ng::Settings settings_{{}, {"external", "internal"}, {}};
  ng::Counters counters_;
  ng::Service service_{now_, media_.sessions, settings_, counters_,
                       [] { return UnixSeconds{1'800'000'000}; }};
  std::deque<Sent> sent_;
  int cookies_ = 0;
};

constexpr fuzz::Operation<Ng> kOperations[] = {
    {'o', &Ng::offer},    {'a', &Ng::answer},      {'d', &Ng::remove}, {'q', &Ng::query},
    {'i', &Ng::ask},      {'y', &Ng::repeat},      {'m', &Ng::packet}, {'m', &Ng::packet},
    {'x', &Ng::anything}, {'k', &Ng::limit_ports}, {'t', &Ng::wait}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::abort_on_failed_expectations();
  Ng ng;
  Input input{data, size};
  fuzz::play(ng, kOperations, input);
  ng.finish();
  return 0;
}
