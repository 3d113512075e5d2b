#include "edge/config/turn_credentials.h"

#include <algorithm>
#include <filesystem>

#include "edge/config/choice.h"
#include "edge/config/encoding.h"
#include "edge/config/secrets.h"

namespace avedge::edge {
namespace {

/// RFC 8489 §14.3: USERNAME is shorter than 509 bytes.
constexpr std::size_t kLongestUserName = 508;
/// RFC 8489 §14.9: REALM is shorter than 764 bytes and 128 characters; one bound serves both.
constexpr std::size_t kLongestRealm = 127;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

void read_secrets(Section& turn, const std::string& folder, Config& config, Problems& problems) {
  const auto file = turn.text("shared_secret_file");
  if (!file) return;
  if (file->value.empty()) return;
  const std::string path = (std::filesystem::path{folder} / file->value).string();
  const auto secrets = read_secrets_file(path);
  if (!secrets) {
    problems.refuse(file->place, secrets.reason().message(),
                    "make it readable for this user, with one secret a line");
    return;
  }
  if (secrets->world_readable) {
    problems.warn(file->place, "'" + path + "' can be read by every user of this machine",
                  "chmod 640 '" + path + "'");
  }
  config.turn.shared_secrets = secrets->secrets;
}

bool check_user_name(const std::string& name, const Place& place, Problems& problems) {
  if (name.empty() || name.size() > kLongestUserName || !is_printable(name)) {
    problems.refuse(place, "is not a valid user name", "use 1 to 508 printable characters");
    return false;
  }
  if (name.find(':') != std::string::npos) {
    problems.refuse(place, "a user name with ':' looks like a time-limited credential",
                    "choose another name");
    return false;
  }
  return true;
}

/// A key of exactly `Size` bytes in hexadecimal; nothing if it is absent or wrong.
template <std::size_t Size>
std::optional<std::array<std::byte, Size>> read_key(Section& user, std::string_view key,
                                                    std::string_view hash, Problems& problems) {
  const auto text = user.text(key);
  if (!text) return std::nullopt;
  const auto bytes = decode_hex(text->value);
  if (!bytes || bytes->size() != Size) {
    problems.refuse(text->place, "is not a valid " + std::string{hash} + " key",
                    "use the " + std::to_string(2 * Size) + " hexadecimal digits of " +
                        std::string{hash} + "(user:realm:password)");
    return std::nullopt;
  }
  std::array<std::byte, Size> value;
  std::copy(bytes->begin(), bytes->end(), value.begin());
  return value;
}

/// name = { md5_key = "…", sha256_key = "…", realm = "…" }
void read_hashed_user(const std::string& name, Section& section, Config& config,
                      Problems& problems) {
  HashedUser user;
  user.md5_key = read_key<16>(section, "md5_key", "MD5", problems);
  user.sha256_key = read_key<32>(section, "sha256_key", "SHA-256", problems);
  if (const auto realm = section.text("realm"); realm && check_realm(*realm, problems)) {
    user.realm = realm->value;
  }
  section.refuse_unknown();
  if (!section.has("md5_key") && !section.has("sha256_key")) {
    problems.refuse(section.place(), "has no key", "add md5_key or sha256_key, or both");
  } else if (check_user_name(name, section.place(), problems)) {
    config.turn.hashed_users.emplace(name, user);
  }
}

void read_users(Section& users, Config& config, Problems& problems) {
  for (const std::string& name : users.keys()) {
    if (users.is_table(name)) {
      auto section = users.section(name);
      read_hashed_user(name, *section, config, problems);
      continue;
    }
    const auto password = users.text(name);
    if (!password || !check_user_name(name, password->place, problems)) continue;
    if (password->value.empty()) {
      problems.refuse(password->place, "the password is empty", "set one, or remove the user");
    } else {
      config.turn.users.emplace(name, password->value);
    }
  }
}

/// The first bytes of `encoded`, as many as the algorithm takes. Other servers cut longer keys too.
std::optional<std::vector<std::byte>> token_key(const Located<std::string>& encoded,
                                                OAuthKey::Algorithm algorithm, Problems& problems) {
  const std::size_t size = algorithm == OAuthKey::Algorithm::a128gcm ? 16 : 32;
  auto bytes = decode_base64(encoded.value);
  const std::string wanted = "use " + std::to_string(size) + " bytes in base64";
  if (!bytes || bytes->size() < size) {
    problems.refuse(encoded.place, bytes ? "is too short for its algorithm" : "is not valid base64",
                    wanted);
    return std::nullopt;
  }
  if (bytes->size() > size) {
    problems.warn(encoded.place, "is longer than its algorithm takes; the rest does not count",
                  wanted);
    bytes->resize(size);
  }
  return bytes;
}

void read_oauth_key(Section& section, Config& config, Problems& problems) {
  constexpr std::array<Choice<OAuthKey::Algorithm>, 2> kAlgorithms{
      {{"A128GCM", OAuthKey::Algorithm::a128gcm}, {"A256GCM", OAuthKey::Algorithm::a256gcm}}};
  const auto kid = section.text("kid");
  const auto encoded = section.text("key");
  const auto word = section.text("algorithm");
  if (!section.has("kid")) section.refuse_missing("kid", "name the key as clients will");
  if (!section.has("key")) section.refuse_missing("key", "add the key in base64");
  section.refuse_unknown();

  OAuthKey key;
  if (word) {
    const auto algorithm = choose<OAuthKey::Algorithm>(*word, kAlgorithms, problems);
    if (!algorithm) return;
    key.algorithm = *algorithm;
  }
  const auto bytes = encoded ? token_key(*encoded, key.algorithm, problems) : std::nullopt;
  if (!kid || !bytes || !check_user_name(kid->value, kid->place, problems)) return;
  key.kid = kid->value;
  key.key = *bytes;
  const auto& keys = config.turn.oauth_keys;
  const bool is_known = std::any_of(keys.begin(), keys.end(),
                                    [&](const OAuthKey& known) { return known.kid == key.kid; });
  if (is_known) {
    problems.refuse(kid->place, "'" + key.kid + "' names another key already",
                    "choose another kid");
  } else {
    config.turn.oauth_keys.push_back(std::move(key));
  }
}

void read_authentication(Section& turn, TurnConfig& config, Problems& problems) {
  constexpr std::array<Choice<TurnAuthentication>, 3> kWords{
      {{"md5", TurnAuthentication::md5},
       {"both", TurnAuthentication::both},
       {"sha256", TurnAuthentication::sha256}}};
  const auto word = turn.text("authentication");
  if (!word) return;
  config.authentication =
      choose<TurnAuthentication>(*word, kWords, problems).value_or(config.authentication);
}

}  // namespace

bool check_realm(const Located<std::string>& realm, Problems& problems) {
  if (!realm.value.empty() && realm.value.size() <= kLongestRealm && is_printable(realm.value)) {
    return true;
  }
  problems.refuse(realm.place, "is not a valid realm", "use 1 to 127 printable characters");
  return false;
}

void read_turn_credentials(Section& turn, const std::string& folder, Config& config,
                           Problems& problems) {
  config.turn.stated = {turn.has("users"), turn.has("shared_secret_file"), turn.has("oauth")};
  read_secrets(turn, folder, config, problems);
  if (auto users = turn.section("users")) read_users(*users, config, problems);
  for (Section& key : turn.sections("oauth")) read_oauth_key(key, config, problems);
  read_authentication(turn, config.turn, problems);
  if (const auto name = turn.text("server_name"); name && check_realm(*name, problems)) {
    config.turn.server_name = name->value;
  }
}

}  // namespace avedge::edge
