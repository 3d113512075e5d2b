// A client and a server that speak through memory.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "relay/secure/openssl_pointers.h"
#include "relay/secure/self_signed.h"
#include "relay/secure/tls_context.h"

namespace avedge::secure {

using SessionPointer = std::unique_ptr<SSL, FreeWith<&SSL_free>>;
using ContextPointer = std::unique_ptr<SSL_CTX, FreeWith<&SSL_CTX_free>>;

inline PemPair certificate_for_tests() {
  return *make_self_signed({"edge.example", {"edge.example"}, {IpAddress::v4(192, 0, 2, 1)}});
}

/// The two ends, connected but not yet shaken hands. A client that does not look at certificates.
class Handshake {
 public:
  Handshake(const TlsContext& server, const SSL_METHOD* method)
      : context_{SSL_CTX_new(method)}, server_{server.new_session()} {
    // Old versions are refused because the server does not speak them, not because the client is
    // too proud to ask.
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), 0);
    client_.reset(SSL_new(context_.get()));
    SSL_set_connect_state(client_.get());
    SSL_set_security_level(client_.get(), 0);
    connect();
  }

  [[nodiscard]] SSL* client() { return client_.get(); }
  [[nodiscard]] SSL* server() { return server_.get(); }

  /// Whether both ends agree in the end.
  bool run() {
    for (int round = 0; round < 20; ++round) {
      const int client = SSL_do_handshake(client_.get());
      const int server = SSL_do_handshake(server_.get());
      if (client == 1 && server == 1) return true;
      if (gave_up(client_.get(), client) || gave_up(server_.get(), server)) {
        client_error_ = SSL_do_handshake(client_.get()) == 1 ? "" : openssl_reason();
        return false;
      }
    }
    return false;
  }

  /// What the client was told when run() failed.
  [[nodiscard]] const std::string& client_error() const { return client_error_; }

 private:
  static bool gave_up(SSL* session, int result) {
    return result != 1 && SSL_get_error(session, result) != SSL_ERROR_WANT_READ;
  }

  /// DTLS needs to be told how long a datagram may be, since memory does not say.
  void connect() {
    BIO* one = nullptr;
    BIO* other = nullptr;
    BIO_new_bio_pair(&one, 65'536, &other, 65'536);
    SSL_set_bio(client_.get(), one, one);
    SSL_set_bio(server_.get(), other, other);
  }

  ContextPointer context_;
  SessionPointer server_;
  SessionPointer client_;
  std::string client_error_;
};

}  // namespace avedge::secure
