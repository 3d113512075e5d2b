#include "relay/secure/alpn.h"

#include <openssl/ssl.h>

#include <string_view>

namespace avedge::secure {
namespace {

/// As on the wire (RFC 7301 §3.1): each name behind its length, the preferred one first.
constexpr std::string_view kSpoken =
    "\x09"
    "stun.turn"
    "\x12"
    "stun.nat-discovery";

}  // namespace

int select_alpn(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* selected = nullptr;
  const int found = SSL_select_next_proto(
      &selected, chosen_size, reinterpret_cast<const unsigned char*>(kSpoken.data()),
      static_cast<unsigned>(kSpoken.size()), offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace avedge::secure
