#include "relay/secure/self_signed.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "relay/core/random.h"

namespace avedge::secure {
namespace {

constexpr std::chrono::seconds kClockSkew = std::chrono::hours{1};

using NamesPointer = std::unique_ptr<GENERAL_NAMES, FreeWith<&GENERAL_NAMES_free>>;

/// Takes `text`, whose type is the ASN.1 type that names of `kind` have.
bool add_name(GENERAL_NAMES* names, int kind, ASN1_STRING* text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (name == nullptr) return false;
  GENERAL_NAME_set0_value(name, kind, text);
  return sk_GENERAL_NAME_push(names, name) > 0;
}

ASN1_STRING* asn1_string(int type, const void* data, std::size_t size) {
  ASN1_STRING* text = ASN1_STRING_type_new(type);
  if (text != nullptr) ASN1_STRING_set(text, data, static_cast<int>(size));
  return text;
}

/// RFC 5280 §4.2.1.6: names that clients compare; they look at the common name no more.
bool set_alternative_names(X509* certificate, const SelfSignedSubject& subject) {
  const NamesPointer names{sk_GENERAL_NAME_new_null()};
  for (const std::string& name : subject.dns_names) {
    if (!add_name(names.get(), GEN_DNS, asn1_string(V_ASN1_IA5STRING, name.data(), name.size()))) {
      return false;
    }
  }
  for (const IpAddress& address : subject.addresses) {
    const ConstBytes bytes = address.bytes();
    if (!add_name(names.get(), GEN_IPADD,
                  asn1_string(V_ASN1_OCTET_STRING, bytes.data(), bytes.size()))) {
      return false;
    }
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) ==
         1;
}

bool set_subject(X509* certificate, const SelfSignedSubject& subject) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(
             name, "CN", MBSTRING_UTF8,
             reinterpret_cast<const unsigned char*>(subject.common_name.data()),
             static_cast<int>(subject.common_name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 &&
         set_alternative_names(certificate, subject);
}

/// RFC 5280 §4.1.2.2: positive, and never the same twice.
bool set_serial_number(X509* certificate) {
  std::array<std::byte, 8> random{};
  fill_random(random);
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate),
                                 (load_be64(random.data()) >> 1) | 1) == 1;
}

bool set_validity(X509* certificate, std::chrono::seconds validity) {
  return X509_gmtime_adj(X509_getm_notBefore(certificate), -kClockSkew.count()) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), validity.count()) != nullptr;
}

std::string text_in(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

Result<PemPair> make_self_signed(const SelfSignedSubject& subject, std::chrono::seconds validity) {
  const KeyPointer key{EVP_EC_gen("P-256")};
  const CertificatePointer certificate{X509_new()};
  const BioPointer chain{BIO_new(BIO_s_mem())};
  const BioPointer key_text{BIO_new(BIO_s_mem())};
  const bool made =
      key != nullptr && certificate != nullptr && chain != nullptr && key_text != nullptr &&
      X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      set_serial_number(certificate.get()) && set_validity(certificate.get(), validity) &&
      set_subject(certificate.get(), subject) &&
      X509_set_pubkey(certificate.get(), key.get()) == 1 &&
      X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0 &&
      PEM_write_bio_X509(chain.get(), certificate.get()) == 1 &&
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
          1;
  if (!made) return Error{"no certificate could be made (" + openssl_reason() + ")"};
  return PemPair{text_in(chain.get()), text_in(key_text.get())};
}

}  // namespace avedge::secure
