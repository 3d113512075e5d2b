#include "edge/reload_plan.h"

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

Config with_reloadable_parts(Config running, const Config& fresh) {
  static_cast<ReloadableTurn&>(running.turn) = fresh.turn;
  static_cast<ReloadableTurnLimits&>(running.turn.limits) = fresh.turn.limits;
  static_cast<ReloadableSip&>(running.sip) = fresh.sip;
  static_cast<ReloadableLog&>(running.log) = fresh.log;
  running.media = fresh.media;
  running.trace = fresh.trace;
  running.warnings = fresh.warnings;
  for (Certificate& certificate : running.certificates) {
    if (const Certificate* renewed = fresh.find_certificate(certificate.name)) {
      certificate = *renewed;
    }
  }
  return running;
}

}  // namespace avedge::edge
