// Owners of OpenSSL's objects.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace avedge::secure {

template <auto Free>
struct FreeWith {
  template <class Object>
  void operator()(Object* object) const {
    Free(object);
  }
};

using BioPointer = std::unique_ptr<BIO, FreeWith<&BIO_free>>;
using CertificatePointer = std::unique_ptr<X509, FreeWith<&X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;

}  // namespace avedge::secure
