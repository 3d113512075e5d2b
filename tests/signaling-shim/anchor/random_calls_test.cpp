// Calls that no specification foresees: messages in random order, of random kinds, with a data
// plane that runs out of ports. Whatever happens, nothing leaks, no port is freed under a path, no
// party sees the other's address, and the same message again gives the same bytes.
#include <gtest/gtest.h>

#include <random>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

class RandomCalls : public Call {
 protected:
  std::size_t pick(std::size_t below) { return random_() % below; }

  template <class Choice, std::size_t count>
  const Choice& one_of(const Choice (&choices)[count]) {
    return choices[pick(count)];
  }

  std::string random_sdp(Side sender) {
    const bool is_caller = sender == Side::caller;
    const std::string_view caller[] = {kCaller, "192.0.2.17", "0.0.0.0"};
    const std::string_view callee[] = {kCallee, "10.0.0.21", "0.0.0.0"};
    const std::string_view place = is_caller ? one_of(caller) : one_of(callee);
    const std::string_view more[] = {"",
                                     "a=inactive\r\n",
                                     "a=ice-ufrag:u\r\na=ice-pwd:p\r\n",
                                     "m=video 5002 RTP/AVP 99\r\n",
                                     "m=video 5000 RTP/AVP 99\r\n",
                                     "m=video 0 RTP/AVP 99\r\n",
                                     "m=video 0 RTP/AVP 99\r\na=bundle-only\r\n",
                                     "a=candidate:1 1 UDP 5 192.0.2.16 5000 typ host\r\n"
                                     "a=candidate:2 1 UDP 4 10.0.0.21 5000 typ host\r\n"
                                     "a=remote-candidates:1 10.0.0.10 50000\r\n",
                                     "m=image 5004 udptl t38\r\nm=video 5002 RTP/AVP 99\r\n",
                                     "a=ice-ufrag:u\r\na=ice-pwd:p\r\n"
                                     "a=candidate:1 1 UDP 5 192.0.2.16 5000 typ host\r\n"
                                     "a=candidate:2 1 TCP-PASS 4 10.0.0.21 5000 typ host\r\n"
                                     "a=candidate:2 2 TCP-PASS 4 10.0.0.21 5001 typ host\r\n",
                                     "a=candidate:aWQ 1 cHc UDP 0.5 192.0.2.16 5000\r\n"
                                     "a=candidate:aWQ 1 cHc TCP 0.4 10.0.0.21 5000\r\n",
                                     "a=ice-ufrag:u\r\na=ice-pwd:p\r\n"
                                     "a=candidate:1 1 UDP 5 10.0.0.21 5000 typ host\r\n",
                                     "m=x 5002 TCP/RTP/AVP 99\r\n",
                                     "m=x 5002 TCP/BFCP *\r\nm=x 5002 RTP/AVP 99\r\n"};
    return audio(place, pick(8) == 0 ? 0 : 5000, one_of(more));
  }

  Message random_message() {
    const std::string methods[] = {"INVITE", "INVITE", "INVITE", "UPDATE", "PRACK",
                                   "ACK",    "BYE",    "CANCEL", "OPTIONS"};
    const int statuses[] = {0, 0, 0, 180, 183, 200, 200, 401, 488, 491};
    const std::string tags[] = {"b", "b", "c", ""};
    Message message{pick(2) == 0 ? Side::caller : Side::callee, one_of(methods)};
    message.status = one_of(statuses);
    message.cseq = static_cast<std::uint32_t>(1 + pick(3));
    message.tag = one_of(tags);
    message.reliable = pick(2) == 0;
    if (pick(4) != 0) message.sdp = random_sdp(message.sender);
    return message;
  }

  void expect_hidden(const Message& message, const std::string& body) {
    const std::string_view leak = message.sender == Side::caller ? "192.0.2." : "10.0.0.2";
    EXPECT_EQ(body.find(leak), std::string::npos) << message.method << message.status << "\n"
                                                  << body;
  }

  std::mt19937 random_{20240607};  // the same calls every time
};

TEST_F(RandomCalls, NeverLeakNorShowTheFarSide) {
  for (int call = 0; call < 500 && !HasFailure(); ++call) {
    open("z9hG4bK-" + std::to_string(call));
    control.capacity = 2 + pick(12);
    control.single_capacity = pick(12);
    (void)pass({Side::caller, "INVITE", 0, 1, "", pick(4) == 0 ? "" : random_sdp(Side::caller)});
    for (int step = 0; step < 25; ++step) {
      const Message message = random_message();
      const auto first = pass(message);
      if (pick(10) == 0) after(std::chrono::seconds{40});
      if (!first.ok() || message.sdp.empty()) continue;
      const bool has_port = message.sdp.find("m=audio 0") == std::string::npos;
      if (has_port) expect_hidden(message, first->body.value_or(message.sdp));
    }
    sessions.end_all(now);
    ASSERT_EQ(control.pairs(), 0U) << "call " << call;
    ASSERT_EQ(control.singles() + control.streams(), 0U) << "call " << call;
    ASSERT_TRUE(control.paths().empty()) << "call " << call;
    ASSERT_TRUE(control.stream_paths().empty()) << "call " << call;
  }
  EXPECT_EQ(observer.started.size(), observer.ended.size());
}

TEST_F(RandomCalls, RetransmissionsGetTheSameBytes) {
  for (int call = 0; call < 500 && !HasFailure(); ++call) {
    open("z9hG4bK-" + std::to_string(call));
    (void)pass({Side::caller, "INVITE", 0, 1, "", random_sdp(Side::caller)});
    for (int step = 0; step < 15; ++step) {
      const Message message = random_message();
      const auto first = pass(message);
      const std::size_t posted = control.set_calls;
      const auto again = pass(message);
      if (!first.ok() || !again.ok()) continue;  // the first one may have ended the session
      EXPECT_EQ(first->body, again->body) << "call " << call << " step " << step << "\n"
                                          << message.method << message.status;
      EXPECT_EQ(control.set_calls, posted) << "call " << call << " step " << step;
    }
    sessions.end_all(now);
  }
}

}  // namespace
}  // namespace avedge::anchor
