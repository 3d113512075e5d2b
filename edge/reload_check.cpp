#include "edge/reload_check.h"

#include <vector>

namespace avedge::edge {
namespace {

struct Kind {
  std::size_t in_use;
  bool is_stated;
  std::string_view key;
  std::string_view what;
  std::string_view empty;  // how to say that there are none
};

std::string refusal(const Kind& kind) {
  return std::string{kind.key} + ": missing, and " + std::to_string(kind.in_use) + " " +
         std::string{kind.what} + " would be lost; put it back, or write " +
         std::string{kind.empty} + " to remove them all";
}

}  // namespace

std::optional<std::string> removed_credentials(const Config& running, const Config& fresh) {
  if (running.turn.listeners.empty()) return std::nullopt;
  const TurnConfig& turn = running.turn;
  const StatedCredentials& stated = fresh.turn.stated;
  const std::vector<Kind> kinds{
      {turn.users.size() + turn.hashed_users.size(), stated.users, "turn.users", "user(s)",
       "an empty [turn.users]"},
      {turn.shared_secrets.size(), stated.shared_secret_file, "turn.shared_secret_file",
       "shared secret(s)", "shared_secret_file = \"\""},
      {turn.oauth_keys.size(), stated.oauth, "turn.oauth", "key(s)", "oauth = []"}};
  for (const Kind& kind : kinds) {
    if (kind.in_use > 0 && !kind.is_stated) return refusal(kind);
  }
  return std::nullopt;
}

}  // namespace avedge::edge
