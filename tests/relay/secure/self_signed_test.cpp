#include "relay/secure/self_signed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace avedge::secure {
namespace {

using testing::MatchesRegex;

const SelfSignedSubject kSubject{"edge.example",
                                 {"edge.example"},
                                 {IpAddress::v4(192, 0, 2, 1), *IpAddress::parse("2001:db8::1")}};

TEST(SelfSigned, AnswersToTheNamesItWasMadeFor) {
  const auto chain = read_chain(make_self_signed(kSubject)->chain);
  ASSERT_TRUE(chain);
  X509* certificate = chain->front().get();
  EXPECT_EQ(X509_check_host(certificate, "edge.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate, "other.example", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(certificate, "192.0.2.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate, "2001:db8::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate, "192.0.2.2", 0), 0);
}

TEST(SelfSigned, VouchesForItselfForNinetyDays) {
  const auto made = make_self_signed(kSubject);
  const auto chain = read_chain(made->chain);
  const auto key = read_key(made->key);
  X509* certificate = chain->front().get();
  EXPECT_EQ(X509_verify(certificate, key->get()), 1);
  int days = 0;
  int seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate));
  EXPECT_GE(days, 89);
  EXPECT_LE(days, 90);
}

TEST(SelfSigned, IsNeverTheSameTwice) {
  EXPECT_NE(make_self_signed(kSubject)->key, make_self_signed(kSubject)->key);
}

TEST(Fingerprint, IsThatOfTheFirstCertificate) {
  const std::string first = make_self_signed(kSubject)->chain;
  const std::string second = make_self_signed(kSubject)->chain;
  EXPECT_THAT(*fingerprint_sha256(first), MatchesRegex("([0-9A-F]{2}:){31}[0-9A-F]{2}"));
  EXPECT_EQ(*fingerprint_sha256(first), *fingerprint_sha256(first + second));
  EXPECT_NE(*fingerprint_sha256(first), *fingerprint_sha256(second));
  EXPECT_FALSE(fingerprint_sha256(""));
}

TEST(PrivateKey, BehindAPassphraseIsRefused) {
  const auto key = read_key(make_self_signed(kSubject)->key);
  const BioPointer memory{BIO_new(BIO_s_mem())};
  PEM_write_bio_PKCS8PrivateKey(memory.get(), key->get(), EVP_aes_128_cbc(), "secret", 6, nullptr,
                                nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  const auto read = read_key({data, static_cast<std::size_t>(size)});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.reason().message(), "holds a key that is locked by a passphrase");
}

}  // namespace
}  // namespace avedge::secure
