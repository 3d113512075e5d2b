#include "edge/config/certificates.h"

#include <sys/stat.h>

#include <filesystem>

#include "edge/config/text_file.h"
#include "relay/secure/tls_context.h"

namespace avedge::edge {
namespace {

constexpr std::string_view kPemSyntax = "use a file in PEM form that this user can read";

void read_name(Section& section, const Config& config, Certificate& certificate,
               Problems& problems) {
  const auto name = section.text("name");
  if (!section.has("name")) section.refuse_missing("name", "add one for listeners to refer to");
  if (!name) return;
  certificate.name = name->value;
  if (name->value.empty()) {
    problems.refuse(name->place, "is empty", "add one for listeners to refer to");
  } else if (config.find_certificate(name->value) != nullptr) {
    problems.refuse(name->place, "'" + name->value + "' stands there twice",
                    "give each [[certificate]] a name of its own");
  }
}

/// One of the two files; `check` says what is wrong with its text. Nothing after a problem.
template <class Check>
std::optional<Located<std::string>> read_file(Section& section, std::string_view key,
                                              const std::string& folder, Check check,
                                              std::string& text, Problems& problems) {
  auto path = section.text(key);
  if (!section.has(key)) section.refuse_missing(key, kPemSyntax);
  if (!path) return std::nullopt;
  path->value = (std::filesystem::path{folder} / path->value).string();
  auto content = read_text_file(path->value);
  if (!content) {
    problems.refuse(path->place, content.reason().message(), kPemSyntax);
    return std::nullopt;
  }
  text = *std::move(content);
  if (const auto checked = check(text); !checked) {
    problems.refuse(path->place, "'" + path->value + "' " + checked.reason().message(), kPemSyntax);
    return std::nullopt;
  }
  return path;
}

void warn_if_exposed(const Located<std::string>& key, Problems& problems) {
  struct stat status {};
  if (stat(key.value.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return;
  problems.warn(key.place, "'" + key.value + "' can be read by every user of this machine",
                "chmod 640 '" + key.value + "'");
}

/// Both files are in order by themselves; whether they belong together shows when they are used.
void check_pair(const secure::PemPair& pem, const Located<std::string>& chain,
                const Located<std::string>& key, Problems& problems) {
  const auto context = secure::TlsContext::from_pem(pem, secure::TlsContext::Kind::tls);
  if (!context) {
    problems.refuse(key.place, "'" + key.value + "': " + context.reason().message(),
                    "name the key that '" + chain.value + "' was issued for");
  } else if (!context->warning().empty()) {
    problems.warn(chain.place, "'" + chain.value + "': " + context->warning(), "renew it");
  }
}

}  // namespace

void read_certificates(Section& top, const std::string& folder, Config& config,
                       Problems& problems) {
  for (Section& section : top.sections("certificate")) {
    Certificate certificate;
    read_name(section, config, certificate, problems);
    const auto chain =
        read_file(section, "chain", folder, &secure::read_chain, certificate.pem.chain, problems);
    const auto key =
        read_file(section, "key", folder, &secure::read_key, certificate.pem.key, problems);
    section.refuse_unknown();
    if (key) warn_if_exposed(*key, problems);
    if (chain && key) check_pair(certificate.pem, *chain, *key, problems);
    config.certificates.push_back(std::move(certificate));
  }
}

}  // namespace avedge::edge
