// A connection's bytes within TLS. The handshake runs elsewhere; reading and writing afterwards is
// the signalling thread's.
#pragma once

#include <string>
#include <vector>

#include "signaling-shim/sip/stream_transport.h"
#include "signaling-shim/sip/tls_handshakes.h"

namespace avedge::sip {

enum class TlsEnd : std::uint8_t { accepts, connects };

/// Who is at the other end of a TLS connection.
struct TlsExpectation {
  TlsEnd end = TlsEnd::accepts;
  /// One of these must be in the far end's certificate; empty: any certificate will do, or none if
  /// the context asks for none. The first one that is no address is also asked for by name (SNI).
  std::vector<std::string> names;
  TlsHandshakes::Pace pace = TlsHandshakes::Pace::limited;
};

/// open() fails with errc::permission_denied if the certificate is good but names somebody else.
/// The context may be replaced while the stream lives; `handshakes` outlives it.
[[nodiscard]] std::unique_ptr<StreamTransport> tls_stream_transport(
    boost::asio::ip::tcp::socket socket, SSL_CTX* context, TlsExpectation expected,
    TlsHandshakes& handshakes);

}  // namespace avedge::sip
