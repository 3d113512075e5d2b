// A proxy that speaks ng to a service without sockets: one call is one request.
#pragma once

#include "signaling-shim/ng/bencode.h"
#include "signaling-shim/ng/service.h"
#include "tests/signaling-shim/anchor/call.h"

namespace avedge::ng {

using anchor::audio;
using anchor::kCallee;
using anchor::kCaller;
using anchor::port_in;
using Entries = Value::Dictionary;
using List = Value::List;

class Proxy : public testing::Test {
 protected:
  static constexpr std::int64_t kUnixNow = 1'800'000'000;

  Value ask(Entries request) {
    const std::string cookie = "1_" + std::to_string(++cookies_);
    const auto reply = service.on_message(
        now, "proxy", Frame::compose(cookie, bencode::encode(Value{std::move(request)})));
    EXPECT_TRUE(reply.has_value());
    const std::string message = reply.value_or("");
    const auto frame = Frame::parse(message);
    EXPECT_TRUE(frame && frame->cookie == cookie);
    auto value = bencode::decode(frame ? frame->payload : "");
    EXPECT_TRUE(value.ok());
    return value.ok() ? *std::move(value) : Value{};
  }

  static std::string text(const Value& reply, std::string_view key) {
    const Value* value = reply.find(key);
    return value != nullptr && value->text() != nullptr ? *value->text() : "";
  }

  Entries offer(const std::string& sdp, Entries more = {}, const std::string& from = "a") {
    Entries request{{"command", "offer"},
                    {"call-id", "call"},
                    {"from-tag", from},
                    {"sdp", sdp},
                    {"direction", List{"external", "internal"}}};
    for (auto& entry : more) request.insert(request.begin(), std::move(entry));
    return request;
  }
  Entries answer(const std::string& sdp, const std::string& to = "b", Entries more = {},
                 const std::string& from = "a") {
    Entries request{{"command", "answer"},
                    {"call-id", "call"},
                    {"from-tag", from},
                    {"to-tag", to},
                    {"sdp", sdp}};
    for (auto& entry : more) request.insert(request.begin(), std::move(entry));
    return request;
  }
  Entries remove(Entries more = {}) {
    Entries request{{"command", "delete"}, {"call-id", "call"}, {"from-tag", "a"}};
    for (auto& entry : more) request.push_back(std::move(entry));
    return request;
  }

  /// The description of a request that must succeed.
  std::string sdp_of(Entries request) {
    const Value reply = ask(std::move(request));
    EXPECT_EQ(text(reply, "result"), "ok") << text(reply, "error-reason");
    return text(reply, "sdp");
  }
  std::string error_of(Entries request) {
    const Value reply = ask(std::move(request));
    EXPECT_EQ(text(reply, "result"), "error");
    EXPECT_EQ(reply.dictionary()->size(), 2U) << "result and error-reason, nothing else";
    return text(reply, "error-reason");
  }

  void establish() {
    (void)sdp_of(offer(audio(kCaller, 5000)));
    (void)sdp_of(answer(audio(kCallee, 7000)));
  }
  void after(Duration time) {
    now += time;
    sessions.expire(now);
    service.expire(now);
  }

  Time now{std::chrono::hours{1}};
  anchor::FakeSessionControl control;
  anchor::RecordingObserver observer;
  anchor::Settings anchor_settings = settings_of_two_networks();
  anchor::Sessions sessions{control, anchor_settings, observer};
  Settings settings{{}, {"external", "internal"}, {}};
  Counters counters;
  Service service{now, sessions, settings, counters, [] { return UnixSeconds{kUnixNow}; }};

 private:
  /// As FakeSessionControl has them: the internal one is private, and so may its parties be.
  static anchor::Settings settings_of_two_networks() {
    const auto address = [](const char* local, const char* advertised) {
      return anchor::MediaInterface::Address{*IpAddress::parse(local),
                                             *IpAddress::parse(advertised)};
    };
    anchor::Settings settings;
    settings.targets.interfaces = {{"external", "", {address("10.9.9.9", "198.51.100.7")}},
                                   {"internal", "", {address("10.0.0.10", "10.0.0.10")}}};
    return settings;
  }

  int cookies_ = 0;
};

}  // namespace avedge::ng
