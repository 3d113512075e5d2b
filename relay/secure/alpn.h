// Which protocol a TLS client wants to speak (RFC 7301, RFC 7443).
#pragma once

#include <openssl/types.h>

namespace avedge::secure {

/// For SSL_CTX_set_alpn_select_cb(): "stun.turn", else "stun.nat-discovery". A client that offers
/// other protocols only came to the wrong door and gets a fatal no_application_protocol (RFC 7301
/// §3.2); OpenSSL does not call this for one that offers none.
int select_alpn(SSL* session, const unsigned char** chosen, unsigned char* chosen_size,
                const unsigned char* offered, unsigned offered_size, void* argument);

}  // namespace avedge::secure
