// URIs and parameter lists (RFC 3261 §19.1, §25.1), read in place.
#pragma once

#include <optional>
#include <string_view>

#include "relay/core/endpoint.h"

namespace avedge::sip {

/// RFC 3261 §19.1.2: the ports of a URI without one.
inline constexpr Port kSipPort{5060};
inline constexpr Port kSipsPort{5061};

/// `;name=value;name` of a header or URI, looked up one by one. Nothing is unescaped.
class Parameters {
 public:
  Parameters() = default;
  /// `text` begins with the first ';' or is empty.
  explicit Parameters(std::string_view text) : text_{text} {}

  struct Found {
    std::string_view name;
    std::string_view value;  // empty without '='; quotes are kept
  };
  /// The first parameter of that name, case-insensitively.
  [[nodiscard]] std::optional<Found> find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  /// The value of that parameter, or nothing if it is absent or empty.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// A host and an optional port: of a URI, or of a Via's sent-by.
struct HostPort {
  std::string_view host;  // an IPv6 reference keeps its brackets
  std::optional<Port> port;

  /// Blanks around the colon are allowed, as in sent-by.
  static std::optional<HostPort> parse(std::string_view text);
  /// The address if the host is numeric.
  [[nodiscard]] std::optional<IpAddress> address() const;
};

struct Uri {
  std::string_view scheme;
  /// host, port and parameters are filled for sip and sips only.
  std::string_view user;
  HostPort location;
  Parameters parameters;

  /// sip, sips, or any other scheme as opaque text. Lives as long as `text`.
  static std::optional<Uri> parse(std::string_view text);
  [[nodiscard]] bool is_sip() const { return !location.host.empty(); }
  /// Requires TLS: sips, or transport=tls.
  [[nodiscard]] bool is_secure() const;
};

/// `"Alice" <sip:alice@example.org>;tag=1`, or the same without brackets, where every parameter
/// belongs to the header (§20.10).
struct NameAddr {
  std::string_view uri;
  Parameters parameters;

  static std::optional<NameAddr> parse(std::string_view value);
};

}  // namespace avedge::sip
