// RFC 5922: whom a certificate speaks for.
#include "signaling-shim/sip/certificate_identity.h"

#include <gmock/gmock.h>
#include <openssl/x509v3.h>

#include "relay/secure/openssl_pointers.h"

namespace avedge::sip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void add_extension(X509* certificate, int id, const std::string& value) {
  if (value.empty()) return;
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Nobody signs it: who is named is read after the chain was checked.
CertificateIdentity identity(const std::string& alternative_names, const std::string& usage = {}) {
  const secure::CertificatePointer certificate{X509_new()};
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("common.example"), -1, -1, 0);
  add_extension(certificate.get(), NID_subject_alt_name, alternative_names);
  add_extension(certificate.get(), NID_ext_key_usage, usage);
  return CertificateIdentity::of(certificate.get());
}

TEST(CertificateIdentity, Rfc5922_7_1_SipUrisComeBeforeDnsNames) {
  EXPECT_THAT(identity("URI:sip:partner.example,DNS:host.partner.example").domains,
              ElementsAre("partner.example"));
  EXPECT_THAT(identity("URI:https://partner.example,DNS:host.partner.example").domains,
              ElementsAre("host.partner.example"));
}

TEST(CertificateIdentity, Rfc5922_7_1_AUriWithAUserNamesNoDomain) {
  EXPECT_THAT(identity("URI:sip:alice@partner.example").domains, IsEmpty());
}

TEST(CertificateIdentity, Rfc5922_7_1_TheCommonNameCountsOnlyWithoutAlternatives) {
  EXPECT_THAT(identity("").domains, ElementsAre("common.example"));
  EXPECT_THAT(identity("IP:192.0.2.1").domains, IsEmpty());
}

TEST(CertificateIdentity, Rfc5922_7_2_NamesMatchWholeAndWildcardsNothing) {
  const CertificateIdentity named = identity("DNS:SIP.partner.example,DNS:*.wild.example");
  EXPECT_TRUE(named.covers("sip.Partner.example"));
  EXPECT_FALSE(named.covers("partner.example"));
  EXPECT_FALSE(named.covers("a.sip.partner.example"));
  EXPECT_FALSE(named.covers("a.wild.example"));
  EXPECT_FALSE(named.covers("*.wild.example"));
}

TEST(CertificateIdentity, AddressesMatchAsAddresses) {
  const CertificateIdentity named = identity("IP:192.0.2.1,IP:2001:db8::1");
  EXPECT_TRUE(named.covers("192.0.2.1"));
  EXPECT_TRUE(named.covers("2001:db8:0::1"));
  EXPECT_FALSE(named.covers("192.0.2.2"));
  EXPECT_TRUE(named.covers_any({"other.example", "192.0.2.1"}));
}

TEST(CertificateIdentity, Rfc5924_CertificatesOfOtherPurposesNameNobody) {
  EXPECT_THAT(identity("DNS:a.example", "codeSigning").domains, IsEmpty());
  EXPECT_THAT(identity("DNS:a.example", "serverAuth").domains, ElementsAre("a.example"));
  EXPECT_THAT(identity("DNS:a.example", "codeSigning,1.3.6.1.5.5.7.3.20").domains,
              ElementsAre("a.example"));
}

}  // namespace
}  // namespace avedge::sip
