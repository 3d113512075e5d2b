// What an operator reads when a certificate's files are wrong.
#include "edge/config/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/secure/self_signed.h"
#include "some_listener.h"
#include "temporary_folder.h"

namespace avedge::edge {
namespace {

class Certificates : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("edge.crt", pem_.chain);
    folder_.write("edge.key", pem_.key);
  }

  std::string problems_of(const std::string& text) {
    const auto config = parse_config(with_listener(text), folder_.file("edge.toml"));
    if (config) return "no problem";
    std::string message = config.reason().message();
    const std::string folder = folder_.file("");
    for (auto at = message.find(folder); at != std::string::npos; at = message.find(folder)) {
      message.erase(at, folder.size());
    }
    return message;
  }

  std::string problems_with(const std::string& chain, const std::string& key) {
    return problems_of("[[certificate]]\nname = \"edge\"\nchain = \"" + chain + "\"\nkey = \"" +
                       key + "\"\n");
  }

  const secure::PemPair pem_ = *secure::make_self_signed({"edge.example", {}, {}});
  const TemporaryFolder folder_;
};

TEST_F(Certificates, RelativePathsStartAtTheFilesOwnFolder) {
  EXPECT_EQ(problems_with("edge.crt", "edge.key"), "no problem");
  EXPECT_EQ(problems_with(folder_.file("edge.crt"), folder_.file("edge.key")), "no problem");
}

TEST_F(Certificates, OneFileMayHoldBoth) {
  folder_.write("both.pem", pem_.key + pem_.chain);
  EXPECT_EQ(problems_with("both.pem", "both.pem"), "no problem");
}

TEST_F(Certificates, EachKeyIsNeeded) {
  EXPECT_EQ(problems_of("[[certificate]]\n"),
            "edge.toml:1: certificate.name: missing; add one for listeners to refer to\n"
            "edge.toml:1: certificate.chain: missing; use a file in PEM form that this user can "
            "read\n"
            "edge.toml:1: certificate.key: missing; use a file in PEM form that this user can "
            "read");
}

TEST_F(Certificates, FilesMustBeThere) {
  EXPECT_EQ(problems_with("none.crt", "none.key"),
            "edge.toml:3: certificate.chain: 'none.crt' cannot be read: No such file or "
            "directory; use a file in PEM form that this user can read\n"
            "edge.toml:4: certificate.key: 'none.key' cannot be read: No such file or directory; "
            "use a file in PEM form that this user can read");
}

TEST_F(Certificates, FilesMustHoldWhatTheySay) {
  EXPECT_EQ(problems_with("edge.key", "edge.crt"),
            "edge.toml:3: certificate.chain: 'edge.key' holds no certificate; use a file in PEM "
            "form that this user can read\n"
            "edge.toml:4: certificate.key: 'edge.crt' holds no private key; use a file in PEM form "
            "that this user can read");
}

TEST_F(Certificates, TheKeyMustBelongToTheCertificate) {
  folder_.write("other.key", secure::make_self_signed({"edge.example", {}, {}})->key);
  EXPECT_EQ(problems_with("edge.crt", "other.key"),
            "edge.toml:4: certificate.key: 'other.key': the key does not belong to the first "
            "certificate of the chain; name the key that 'edge.crt' was issued for");
}

TEST_F(Certificates, NamesAreUniqueAndSuggested) {
  const std::string edge =
      "[[certificate]]\nname = \"edge\"\nchain = \"edge.crt\"\nkey = \"edge.key\"\n";
  EXPECT_EQ(problems_of(edge + edge),
            "edge.toml:6: certificate.name: 'edge' stands there twice; give each [[certificate]] a "
            "name of its own");
  EXPECT_THAT(problems_of(edge + "[[turn.listener]]\nbind = \"192.0.2.1:5349\"\n"
                                 "transports = [\"tls\", \"dtls\"]\ncertificate = \"egde\"\n"),
              testing::HasSubstr("edge.toml:8: turn.listener.certificate: no [[certificate]] is "
                                 "named 'egde'; did you mean 'edge'?"));
}

TEST_F(Certificates, ABrokenOneIsNotReportedAgainWhereItIsUsed) {
  EXPECT_EQ(problems_of("realm = \"r\"\n[[certificate]]\nname = \"edge\"\nchain = \"none\"\n"
                        "key = \"edge.key\"\n[[turn.listener]]\nbind = \"192.0.2.1:5349\"\n"
                        "transports = [\"tls\"]\ncertificate = \"edge\"\n"
                        "[[interface]]\nname = \"a\"\naddresses = [{ local = \"192.0.2.1\" }]\n"
                        "[[relay]]\ninterface = \"a\"\nports = \"50000-50001\"\n"
                        "[turn]\nrelay_interface = \"a\"\n[turn.users]\na = \"a\"\n"),
            "edge.toml:4: certificate.chain: 'none' cannot be read: No such file or directory; use "
            "a file in PEM form that this user can read");
}

}  // namespace
}  // namespace avedge::edge
