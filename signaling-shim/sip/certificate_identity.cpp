#include "signaling-shim/sip/certificate_identity.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "signaling-shim/sip/text.h"
#include "signaling-shim/sip/uri.h"

namespace avedge::sip {
namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
struct FreeUsages {
  void operator()(EXTENDED_KEY_USAGE* usages) const {
    sk_ASN1_OBJECT_pop_free(usages, &ASN1_OBJECT_free);
  }
};

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

/// A name with any other character, especially a NUL, is not the name it looks like.
void add_domain(std::string_view name, std::vector<std::string>& domains) {
  if (const auto host = HostPort::parse(name); host && !host->port) {
    domains.emplace_back(host->host);
  }
}

/// §7.1: a URI without a user names the domain itself.
void add_uri(std::string_view text, std::vector<std::string>& domains) {
  const auto uri = Uri::parse(text);
  if (uri && uri->is_sip() && uri->user.empty()) domains.emplace_back(uri->location.host);
}

void add_address(std::string_view bytes, std::vector<IpAddress>& addresses) {
  if (const auto address = IpAddress::from_bytes(std::as_bytes(std::span{bytes}))) {
    addresses.push_back(*address);
  }
}

/// The purpose of server certificates. RFC 5924 adds id-kp-sipDomain.
bool is_purpose_of_a_server(const ASN1_OBJECT* usage) {
  constexpr std::array<std::string_view, 4> kPurposes{"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2",
                                                      "1.3.6.1.5.5.7.3.20", "2.5.29.37.0"};
  std::array<char, 64> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), usage, 1);
  return std::find(kPurposes.begin(), kPurposes.end(), std::string_view{text.data()}) !=
         kPurposes.end();
}

bool is_for_servers(const X509* certificate) {
  const std::unique_ptr<EXTENDED_KEY_USAGE, FreeUsages> usages{static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr))};
  if (!usages) return true;
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    if (is_purpose_of_a_server(sk_ASN1_OBJECT_value(usages.get(), i))) return true;
  }
  return false;
}

void add_common_name(const X509* certificate, std::vector<std::string>& domains) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return;
  add_domain(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))), domains);
}

}  // namespace

CertificateIdentity CertificateIdentity::of(const X509* certificate) {
  CertificateIdentity identity;
  if (!is_for_servers(certificate)) return identity;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  if (!names) {
    add_common_name(certificate, identity.domains);
    return identity;
  }
  std::vector<std::string> dns_names;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    switch (name->type) {
      case GEN_URI: add_uri(text_of(name->d.uniformResourceIdentifier), identity.domains); break;
      case GEN_DNS: add_domain(text_of(name->d.dNSName), dns_names); break;
      case GEN_IPADD: add_address(text_of(name->d.iPAddress), identity.addresses); break;
      default: break;
    }
  }
  if (identity.domains.empty()) identity.domains = std::move(dns_names);
  return identity;
}

bool CertificateIdentity::covers(std::string_view name) const {
  if (const auto address = IpAddress::parse(name)) {
    return std::find(addresses.begin(), addresses.end(), *address) != addresses.end();
  }
  return std::any_of(domains.begin(), domains.end(),
                     [&](const std::string& domain) { return equals_ignoring_case(domain, name); });
}

bool CertificateIdentity::covers_any(const std::vector<std::string>& names) const {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return covers(name); });
}

}  // namespace avedge::sip
