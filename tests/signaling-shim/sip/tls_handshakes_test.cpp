// Handshakes on a thread of their own, over loopback.
#include "signaling-shim/sip/tls_handshakes.h"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <csignal>
#include <set>

#include "relay/secure/mutual_tls.h"
#include "relay/secure/self_signed.h"

namespace avedge::sip {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Pace = TlsHandshakes::Pace;
using Ticket = TlsHandshakes::Ticket;
using namespace std::chrono_literals;

/// Where OpenSSL worked, as its own call-back saw it.
std::mutex g_mutex;
std::set<std::thread::id> g_threads;

void on_progress(const SSL*, int, int) {
  const std::scoped_lock lock{g_mutex};
  g_threads.insert(std::this_thread::get_id());
}

class TlsHandshakesTest : public ::testing::Test {
 protected:
  TlsHandshakesTest() {
    std::signal(SIGPIPE, SIG_IGN);
    secure::MutualTlsSettings settings;
    settings.own = *secure::make_self_signed({"edge.example", {"edge.example"}, {}});
    tls_.emplace(*secure::MutualTls::make(settings));
    SSL_CTX_set_info_callback(tls_->accepting(), &on_progress);
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    g_threads.clear();
  }

  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  /// A client whose hello has been sent, and the server's end of its connection.
  struct Pair {
    tcp::socket client;
    tcp::socket server;
    SslPointer client_session;
  };
  Pair connect() {
    Pair pair{tcp::socket{io_}, tcp::socket{io_}, SslPointer{SSL_new(client_context_.get())}};
    pair.client.connect(acceptor_.local_endpoint());
    acceptor_.accept(pair.server);
    pair.client.non_blocking(true);
    SSL_set_fd(pair.client_session.get(), pair.client.native_handle());
    SSL_set_connect_state(pair.client_session.get());
    SSL_do_handshake(pair.client_session.get());
    return pair;
  }
  [[nodiscard]] SslPointer accepting() const {
    SslPointer session{SSL_new(tls_->accepting())};
    SSL_set_accept_state(session.get());
    return session;
  }
  /// Lets `done` come true: clients go on, handlers run.
  template <class Condition>
  void run_until(Condition&& done, std::vector<Pair*> clients = {}) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < give_up) {
      for (Pair* pair : clients) SSL_do_handshake(pair->client_session.get());
      io_.run_one_for(5ms);
    }
    ASSERT_TRUE(done());
  }
  TlsHandshakes::Done count(int& times) {
    return [&times](const boost::system::error_code& failed, tcp::socket socket, SslPointer ssl) {
      times += !failed && socket.is_open() && ssl != nullptr ? 1 : 100;
    };
  }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::optional<secure::MutualTls> tls_;
  std::unique_ptr<SSL_CTX, FreeContext> client_context_;
  Counters counters_;
};

TEST_F(TlsHandshakesTest, RunElsewhereAndReportAtHome) {
  TlsHandshakes handshakes{io_, 100, counters_};
  Pair pair = connect();
  std::thread::id reported;
  int done = 0;
  handshakes.begin(std::move(pair.server), accepting(), Pace::limited,
                   [&](const auto& failed, tcp::socket socket, SslPointer ssl) {
                     reported = std::this_thread::get_id();
                     done = !failed && SSL_is_init_finished(ssl.get()) && socket.is_open() ? 1 : 2;
                   });
  EXPECT_EQ(counters_.handshakes.value(), 1);
  run_until([&] { return done != 0; }, {&pair});
  EXPECT_EQ(done, 1);
  EXPECT_EQ(reported, std::this_thread::get_id());
  EXPECT_EQ(counters_.handshakes.value(), 0);
  const std::scoped_lock lock{g_mutex};
  EXPECT_EQ(g_threads.size(), 1U);
  EXPECT_EQ(g_threads.count(std::this_thread::get_id()), 0U);
}

TEST_F(TlsHandshakesTest, StrangersWaitForTheirRateAndNextHopsDoNot) {
  TlsHandshakes handshakes{io_, 0.001, counters_};  // one, and the next after a quarter of an hour
  Pair first = connect();
  Pair second = connect();
  Pair third = connect();
  Pair hop = connect();
  int done = 0;
  int late = 0;
  handshakes.begin(std::move(first.server), accepting(), Pace::limited, count(done));
  run_until([&] { return done == 1; }, {&first});
  handshakes.begin(std::move(second.server), accepting(), Pace::limited, count(late));
  handshakes.begin(std::move(third.server), accepting(), Pace::limited, count(late));
  run_until([&] { return counters_.handshake_pauses.value() == 1; });
  handshakes.begin(std::move(hop.server), accepting(), Pace::free, count(done));
  run_until([&] { return done == 2; }, {&second, &third, &hop});
  EXPECT_EQ(late, 0);
  EXPECT_EQ(counters_.handshakes.value(), 2);
}

TEST_F(TlsHandshakesTest, ASilentClientTakesNoTurn) {
  TlsHandshakes handshakes{io_, 0.001, counters_};
  tcp::socket silent{io_};
  silent.connect(acceptor_.local_endpoint());
  tcp::socket accepted{io_};
  acceptor_.accept(accepted);
  int done = 0;
  handshakes.begin(std::move(accepted), accepting(), Pace::limited, count(done));
  Pair pair = connect();
  handshakes.begin(std::move(pair.server), accepting(), Pace::limited, count(done));
  run_until([&] { return done == 1; }, {&pair});
  EXPECT_EQ(counters_.handshake_pauses.value(), 0U);
}

TEST_F(TlsHandshakesTest, WhatIsCancelledIsClosedAndNotReported) {
  TlsHandshakes handshakes{io_, 100, counters_};
  tcp::socket silent{io_};
  silent.connect(acceptor_.local_endpoint());
  tcp::socket accepted{io_};
  acceptor_.accept(accepted);
  int done = 0;
  const Ticket ticket =
      handshakes.begin(std::move(accepted), accepting(), Pace::limited, count(done));
  handshakes.cancel(ticket);
  handshakes.cancel(ticket);
  EXPECT_EQ(counters_.handshakes.value(), 0);
  bool closed = false;
  std::array<char, 1> byte{};
  silent.async_read_some(asio::buffer(byte), [&](const auto& failed, std::size_t) {
    closed = static_cast<bool>(failed);
  });
  run_until([&] { return closed; });
  EXPECT_EQ(done, 0);
}

TEST_F(TlsHandshakesTest, NonsenseFails) {
  TlsHandshakes handshakes{io_, 100, counters_};
  tcp::socket client{io_};
  client.connect(acceptor_.local_endpoint());
  tcp::socket accepted{io_};
  acceptor_.accept(accepted);
  client.send(asio::buffer(std::string_view{"OPTIONS sip:a SIP/2.0\r\n\r\n"}));
  int done = 0;
  handshakes.begin(std::move(accepted), accepting(), Pace::limited,
                   [&](const auto& failed, tcp::socket socket, SslPointer ssl) {
                     done = failed && !socket.is_open() && ssl == nullptr ? 1 : 2;
                   });
  run_until([&] { return done != 0; });
  EXPECT_EQ(done, 1);
}

TEST_F(TlsHandshakesTest, EndWithHandshakesUnderWay) {
  Pair first = connect();
  Pair second = connect();
  int done = 0;
  {
    TlsHandshakes handshakes{io_, 100, counters_};
    handshakes.begin(std::move(first.server), accepting(), Pace::limited, count(done));
    handshakes.begin(std::move(second.server), accepting(), Pace::free, count(done));
  }
  io_.poll();
  EXPECT_EQ(done, 0);
}

}  // namespace
}  // namespace avedge::sip
