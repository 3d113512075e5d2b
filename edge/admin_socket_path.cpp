#include "edge/admin_socket_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "edge/config.h"

namespace avedge::edge {
namespace {

/// Whether we may create files in `folder` and nobody else may (sticky /tmp itself never counts).
bool is_ours(const std::string& folder) {
  struct stat status {};
  if (lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return false;
  const bool trusted_owner = status.st_uid == geteuid() || status.st_uid == 0;
  return trusted_owner && (status.st_mode & S_IWOTH) == 0 && access(folder.c_str(), W_OK) == 0;
}

bool make_folder(const std::string& folder) {
  return mkdir(folder.c_str(), S_IRWXU) == 0 || errno == EEXIST;
}

bool is_trusted_socket(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  return status.st_uid == geteuid() || status.st_uid == 0 || geteuid() == 0;
}

std::string listed(const std::vector<std::string>& places) {
  std::string list;
  for (const std::string& place : places) list += (list.empty() ? "" : ", ") + place;
  return list;
}

}  // namespace

std::vector<std::string> admin_socket_paths() {
  std::vector<std::string> places{std::string{kDefaultAdminSocket}};
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
    places.push_back(std::string{runtime} + "/avedge/admin.sock");
  }
  places.push_back("/tmp/avedge-" + std::to_string(geteuid()) + "/admin.sock");
  return places;
}

Result<std::string> usable_admin_socket() {
  const auto places = admin_socket_paths();
  for (const std::string& place : places) {
    const std::string folder = std::filesystem::path{place}.parent_path().string();
    if (make_folder(folder) && is_ours(folder)) return place;
  }
  return Error{"no place for the admin socket: none of " + listed(places) + " can be written"};
}

Result<std::string> existing_admin_socket() {
  const auto places = admin_socket_paths();
  for (const std::string& place : places) {
    if (is_trusted_socket(place)) return place;
  }
  return Error{"no running avedge found: there is no socket at " + listed(places)};
}

}  // namespace avedge::edge
