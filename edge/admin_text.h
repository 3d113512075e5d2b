// An admin response for human eyes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace avedge::edge {

/// Objects as aligned "key  value" lines, lists of objects as tables, nested ones indented.
/// Control characters in values are escaped.
std::string readable(const nlohmann::json& value);

}  // namespace avedge::edge
