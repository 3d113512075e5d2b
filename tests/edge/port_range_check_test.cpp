#include "edge/port_range_check.h"

#include <gtest/gtest.h>

#include <array>

namespace avedge::edge {
namespace {

RelayRange range(std::uint16_t first, std::uint16_t last) {
  return {"external", {Port{first}, Port{last}}};
}

TEST(PortRangeCheck, SaysHowToReserve) {
  struct Case {
    const char* name;
    RelayRange relay;
    const char* local;
    const char* reserved;
    std::optional<std::string> command;
  };
  const std::string sysctl = "sysctl -w net.ipv4.ip_local_reserved_ports=";
  for (const auto& [name, relay, local, reserved, command] :
       {Case{"inside", range(50000, 59999), "32768\t60999", "", sysctl + "50000-59999"},
        Case{"touches", range(60999, 61000), "32768\t60999", "", sysctl + "60999-61000"},
        Case{"outside", range(20000, 29999), "32768\t60999", "", std::nullopt},
        Case{"reserved", range(50000, 59999), "32768\t60999", "50000-59999", std::nullopt},
        Case{"reserved in parts", range(50000, 50002), "32768\t60999", "50000,50001-50002",
             std::nullopt},
        Case{"reserved but one", range(50000, 50002), "32768\t60999", "50000-50001",
             sysctl + "50000-50001,50000-50002"},
        Case{"keeps others", range(50000, 50002), "32768\t60999", "8080,9000-9010",
             sysctl + "8080,9000-9010,50000-50002"},
        Case{"unreadable", range(50000, 50002), "", "", std::nullopt},
        Case{"nonsense", range(50000, 50002), "x y", "-,,a-b,7-", std::nullopt}}) {
    const std::array relays{relay};
    EXPECT_EQ(reserving_command(relays, local, reserved), command) << name;
  }
}

TEST(PortRangeCheck, NamesARangeOnceThoughSeveralInterfacesShareIt) {
  const std::array relays{range(50000, 59999), range(50000, 59999), range(40000, 40001)};
  EXPECT_EQ(reserving_command(relays, "32768 60999", ""),
            "sysctl -w net.ipv4.ip_local_reserved_ports=50000-59999,40000-40001");
}

}  // namespace
}  // namespace avedge::edge
