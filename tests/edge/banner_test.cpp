#include "edge/banner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/embedded_default.h"

namespace avedge::edge {
namespace {

using testing::HasSubstr;
using testing::Not;

Config config() {
  const std::vector<IpAddress> addresses{IpAddress::v4(192, 0, 2, 2)};
  Config made = *embedded_default(addresses);
  made.turn.users = {{"try-abcd", "s3cret"}};
  return made;
}

TEST(Banner, TellsANewcomerAllThatIsNeeded) {
  const Config shown = config();
  const std::string fingerprint = *secure::fingerprint_sha256(shown.certificates[0].pem.chain);
  const std::string text = banner(shown, {true, "/run/avedge/admin.sock", std::nullopt});
  EXPECT_THAT(text, HasSubstr(" is up, without a configuration file\n"
                              "\n"
                              "  TURN          127.0.0.1:3478 udp tcp\n"
                              "                127.0.0.1:5349 tls dtls\n"
                              "                192.0.2.2:3478 udp tcp\n"
                              "                192.0.2.2:5349 tls dtls\n"
                              "  relay ports   50000-59999 on 192.0.2.2\n"
                              "  certificate   self-signed, SHA-256 " +
                              fingerprint +
                              "\n"
                              "  user          try-abcd\n"
                              "  password      s3cret\n"
                              "  metrics       http://127.0.0.1:9464/metrics\n"
                              "  admin socket  /run/avedge/admin.sock\n"
                              "\n"
                              "Try it:\n"
                              "  turnutils_uclient -y -u try-abcd -w s3cret 127.0.0.1\n"
                              "  curl -s http://127.0.0.1:9464/metrics\n"));
  EXPECT_THAT(text, Not(HasSubstr("Warning")));
}

TEST(Banner, KeepsConfiguredPasswordsToItself) {
  const std::string text = banner(config(), {false, "/run/avedge/admin.sock", std::nullopt});
  EXPECT_THAT(text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(text, Not(HasSubstr("Try it")));
}

TEST(Banner, ShowsAdvertisedAddresses) {
  Config behind_nat = config();
  behind_nat.turn.listeners[2].addresses[0].advertised = *Endpoint::parse("203.0.113.7:3478");
  EXPECT_THAT(banner(behind_nat, {}),
              HasSubstr("192.0.2.2:3478 udp tcp, advertised as 203.0.113.7:3478\n"));
}

TEST(Banner, WarnsOfPortsAtRisk) {
  EXPECT_THAT(banner(config(), {true, "", "sysctl -w x=1"}),
              HasSubstr("Warning: the kernel may give relay ports to other programs. To reserve "
                        "them:\n  sysctl -w x=1\n"));
}

}  // namespace
}  // namespace avedge::edge
