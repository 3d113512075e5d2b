// A connection's bytes within TLS. The handshake runs on another thread; reading and writing run on
// the signalling thread.
#pragma once

#include <string>
#include <vector>

#include "signaling-shim/sip/stream_transport.h"
#include "signaling-shim/sip/tls_handshakes.h"

namespace avedge::sip {

enum class TlsEnd : std::uint8_t { accepts, connects };

/// The expected peer of a TLS connection.
struct TlsExpectation {
  TlsEnd end = TlsEnd::accepts;
  /// One of these must be in the far end's certificate; empty: any certificate is accepted, or none
  /// if the context does not require one. The first one that is not an address is also sent as SNI.
  std::vector<std::string> names;
  TlsHandshakes::Pace pace = TlsHandshakes::Pace::limited;
};

/// open() fails with errc::permission_denied if the certificate is valid but has another name. The
/// context may be replaced while the stream lives; `handshakes` outlives it.
[[nodiscard]] std::unique_ptr<StreamTransport> tls_stream_transport(
    boost::asio::ip::tcp::socket socket, SSL_CTX* context, TlsExpectation expected,
    TlsHandshakes& handshakes);

}  // namespace avedge::sip
