// A call as the proxy shows it to the anchor: one line of a test is one message.
#pragma once

#include "signaling-shim/anchor/sessions.h"
#include "tests/signaling-shim/anchor/fake_session_control.h"

namespace avedge::anchor {

struct RecordingObserver final : CallObserver {
  std::vector<CallInfo> started;
  std::vector<std::pair<CallInfo, CallEnd>> ended;
  void on_call_started(const CallInfo& call) override { started.push_back(call); }
  void on_call_ended(const CallInfo& call, const CallEnd& end) override {
    ended.emplace_back(call, end);
  }
  struct Reclaim {
    Side party;
    std::uint64_t times;
    friend bool operator==(const Reclaim&, const Reclaim&) = default;
  };
  std::vector<Reclaim> reclaims;
  void on_media_reclaimed(const CallInfo&, Side party, std::uint64_t times) override {
    reclaims.push_back({party, times});
  }
  std::vector<std::pair<std::string, bool>>
      refused_targets;  // advice, and whether the SDP was refused
  void on_target_refused(const CallInfo&, std::string_view advice, bool is_refused) override {
    refused_targets.emplace_back(advice, is_refused);
  }
  std::vector<CallRefusal> refused;
  void on_call_refused(const SessionSpec&, const CallRefusal& refusal) override {
    refused.push_back(refusal);
  }
};

/// One audio line; the caller is 192.0.2.16 outside, the callee 10.0.0.20 inside, unless told.
inline std::string audio(std::string_view address, int port, std::string_view more = "") {
  const std::string place{address};
  return "v=0\r\no=- 0 0 IN IP4 " + place + "\r\ns=-\r\nc=IN IP4 " + place +
         "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " RTP/AVP 0\r\n" + std::string{more};
}

inline constexpr std::string_view kCaller = "192.0.2.16";
inline constexpr std::string_view kCallee = "10.0.0.20";

struct Message {
  Side sender;
  std::string method;
  int status = 0;
  std::uint32_t cseq = 1;
  std::string tag;  // the callee's
  std::string sdp;
  bool reliable = false;
  std::string content_type = "application/sdp";
  std::optional<std::chrono::seconds> session_expires;
};

class Call : public testing::Test {
 protected:
  void SetUp() override { open("z9hG4bK-1"); }

  void open(const std::string& branch, bool keeps_forking = false) {
    SessionSpec spec;
    spec.keeps_forking = keeps_forking;
    spec.call_id = "call@192.0.2.16";
    spec.from_tag = "a";
    spec.branch = branch;
    spec.caller_interface = "external";
    spec.callee_interface = "internal";
    const auto opened = sessions.open(now, spec);
    ASSERT_TRUE(opened.ok());
    id = *opened;
  }

  Verdict<BodyRewrite> pass(const Message& message) {
    DialogMessage wire;
    wire.sender = message.sender;
    wire.method = message.method;
    wire.status = message.status;
    wire.cseq = message.cseq;
    wire.callee_tag = message.tag;
    wire.reliable = message.reliable;
    wire.session_expires = message.session_expires;
    wire.content_type = message.sdp.empty() ? "" : std::string_view{message.content_type};
    wire.body = message.sdp;
    wire.terms = terms;
    wire.source = *IpAddress::parse(message.sender == Side::caller ? "203.0.113.5" : "10.0.0.1");
    return sessions.on_message(now, id, wire);
  }

  /// The body as the other side gets it; empty if it was refused.
  std::string seen(const Message& message) {
    const auto rewrite = pass(message);
    EXPECT_TRUE(rewrite.ok()) << label(rewrite.ok() ? DropReason{} : rewrite.reason());
    return rewrite.ok() ? rewrite->body.value_or(message.sdp) : "";
  }

  // The messages of a plain call.
  std::string invite(const std::string& sdp) {
    return seen({Side::caller, "INVITE", 0, 1, "", sdp});
  }
  std::string ringing(const std::string& sdp, const std::string& tag = "b", bool reliable = false) {
    return seen({Side::callee, "INVITE", 183, 1, tag, sdp, reliable});
  }
  std::string ok(const std::string& sdp, const std::string& tag = "b", std::uint32_t cseq = 1) {
    return seen({Side::callee, "INVITE", 200, cseq, tag, sdp});
  }
  void ack(const std::string& sdp = "", const std::string& tag = "b", std::uint32_t cseq = 1) {
    (void)seen({Side::caller, "ACK", 0, cseq, tag, sdp});
  }
  void bye(const std::string& tag = "b") {
    (void)seen({Side::caller, "BYE", 0, 9, tag, ""});
    (void)seen({Side::callee, "BYE", 200, 9, tag, ""});
  }
  /// INVITE, 200, ACK; audio on both sides.
  void establish() {
    (void)invite(audio(kCaller, 5000));
    (void)ok(audio(kCallee, 7000));
    ack();
  }
  void after(Duration time) {
    now += time;
    sessions.expire(now);
  }

  Time now{std::chrono::hours{1}};
  FakeSessionControl control;
  RecordingObserver observer;
  Settings settings;
  Sessions sessions{control, settings, observer};
  SessionId id{};
  PartyTerms terms;  // of the next messages
};

/// "50004" of "m=audio 50004 RTP/AVP 0"; the n-th m= line.
inline std::string port_in(const std::string& sdp, std::size_t n = 0) {
  std::size_t at = sdp.find("m=");
  for (; n > 0 && at != std::string::npos; --n) at = sdp.find("m=", at + 1);
  if (at == std::string::npos) return "";
  const std::size_t port = sdp.find(' ', at) + 1;
  return sdp.substr(port, sdp.find_first_of(" /", port) - port);
}

}  // namespace avedge::anchor
