#include "relay/secure/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <span>

namespace avedge::secure {
namespace {

BioPointer reader_of(std::string_view text) {
  return BioPointer{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Stands where OpenSSL would ask the terminal, and tells the caller that it was needed.
int no_passphrase(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

bool ended_for_want_of_more() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const unsigned char byte : bytes) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

}  // namespace

Result<std::vector<CertificatePointer>> read_chain(std::string_view pem) {
  ERR_clear_error();
  const BioPointer reader = reader_of(pem);
  std::vector<CertificatePointer> chain;
  while (X509* certificate = PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(certificate);
  }
  if (!ended_for_want_of_more()) {
    return Error{"holds a certificate that cannot be decoded (" + openssl_reason() + ")"};
  }
  ERR_clear_error();
  if (chain.empty()) return Error{"holds no certificate"};
  return chain;
}

Result<KeyPointer> read_key(std::string_view pem) {
  ERR_clear_error();
  const BioPointer reader = reader_of(pem);
  bool was_asked = false;
  KeyPointer key{PEM_read_bio_PrivateKey(reader.get(), nullptr, &no_passphrase, &was_asked)};
  if (key != nullptr) return key;
  const std::string reason = openssl_reason();
  if (was_asked) return Error{"holds a key that is locked by a passphrase"};
  if (pem.find("PRIVATE KEY-----") == std::string_view::npos) return Error{"holds no private key"};
  return Error{"holds a private key that cannot be decoded (" + reason + ")"};
}

Result<std::string> fingerprint_sha256(std::string_view pem) {
  const auto chain = read_chain(pem);
  if (!chain) return chain.reason();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(chain->front().get(), EVP_sha256(), digest.data(), &size) != 1) {
    return Error{openssl_reason()};
  }
  return hexadecimal(std::span{digest}.first(size));
}

std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

}  // namespace avedge::secure
