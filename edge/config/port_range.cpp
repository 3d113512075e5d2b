#include "edge/config/port_range.h"

namespace avedge::edge {

std::optional<PortRange> read_port_range(const Located<std::string>& text, std::string_view syntax,
                                         Problems& problems) {
  const std::string_view value = text.value;
  const auto dash = value.find('-');
  const auto first = Port::parse(value.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? std::nullopt : Port::parse(value.substr(dash + 1));
  if (!first || !last) {
    problems.refuse(text.place, "'" + text.value + "' is not a valid port range", syntax);
    return std::nullopt;
  }
  if (*last < *first) {
    problems.refuse(text.place, "'" + text.value + "' ends before it begins", syntax);
    return std::nullopt;
  }
  return PortRange{*first, *last};
}

}  // namespace avedge::edge
