#include "signaling-shim/ng/description.h"

#include <algorithm>
#include <array>

#include "signaling-shim/text/edit_list.h"

namespace avedge::ng {
namespace {

enum class Keying : std::uint8_t { none, sdes, dtls, other };

Keying keying_of(std::string_view protocol) {
  if (protocol == "RTP/AVP" || protocol == "RTP/AVPF") return Keying::none;
  if (protocol == "RTP/SAVP" || protocol == "RTP/SAVPF") return Keying::sdes;
  if (protocol == "UDP/TLS/RTP/SAVP" || protocol == "UDP/TLS/RTP/SAVPF") return Keying::dtls;
  return Keying::other;
}

constexpr std::array<std::string_view, 10> kIceAttributes{
    "candidate",  "ice-ufrag",    "ice-pwd",           "ice-options",      "ice-lite",
    "ice-pacing", "ice-mismatch", "remote-candidates", "remote-candidate", "end-of-candidates"};

/// Without multiplexing RTCP has the port above RTP, which needs no words.
constexpr std::array<std::string_view, 3> kRtcpMuxAttributes{"rtcp-mux", "rtcp-mux-only", "rtcp"};

/// The name of an attribute line: "candidate" of "a=candidate:1 1 UDP …".
std::string_view attribute_of(std::string_view line) {
  if (!line.starts_with("a=")) return {};
  line.remove_prefix(2);
  return line.substr(0, line.find_first_of(":\r\n"));
}

bool is_removed(std::string_view line, const SdpPostProcessing& processing) {
  const std::string_view name = attribute_of(line);
  const auto is_one_of = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (name.empty()) return false;
  return (processing.removes_ice && is_one_of(kIceAttributes)) ||
         (processing.removes_rtcp_mux && is_one_of(kRtcpMuxAttributes));
}

/// Calls visit(line with its end) for each.
template <class ConnectionSlot>
void for_each_line(std::string_view text, ConnectionSlot&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    visit(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string without_removed_lines(const std::string& sdp, const SdpPostProcessing& processing) {
  std::string kept;
  kept.reserve(sdp.size());
  for_each_line(sdp, [&](std::string_view line) {
    if (!is_removed(line, processing)) kept += line;
  });
  return kept;
}

std::string with_protocols_and_mark(const sdp::View& view, const SdpPostProcessing& processing) {
  text::EditList edits{view.text()};
  const auto media = view.media();
  for (std::size_t i = 0; i < std::min(media.size(), processing.protocols.size()); ++i) {
    const std::string& wanted = processing.protocols[i];
    if (media[i].protocol != wanted && keys_alike(media[i].protocol, wanted)) {
      edits.replace(media[i].protocol, wanted);
    }
  }
  const bool is_marked = processing.mark.empty() || has_line(view.text(), processing.mark);
  if (!is_marked && !media.empty()) {
    edits.insert_before(media.front().line.whole, processing.mark + std::string{view.line_end()});
  }
  return edits.emit();
}

}  // namespace

Protocols protocols_of(const sdp::View& view) {
  Protocols protocols;
  for (const sdp::Media& media : view.media()) protocols.emplace_back(media.protocol);
  return protocols;
}

bool keys_alike(std::string_view a, std::string_view b) {
  return keying_of(a) != Keying::other && keying_of(a) == keying_of(b);
}

Outcome<Protocols> offered_protocols(Protocols protocols, std::string_view wanted) {
  if (wanted.empty()) return protocols;
  for (std::string& protocol : protocols) {
    if (keying_of(protocol) == Keying::other) continue;
    if (!keys_alike(protocol, wanted)) return Failure{kNoBridging};
    protocol = wanted;
  }
  return protocols;
}

std::string loop_mark(std::string_view instance) {
  return "a=avedge-loop:" + std::string{instance};
}

bool has_line(std::string_view sdp, std::string_view line) {
  bool found = false;
  for_each_line(sdp, [&](std::string_view candidate) {
    while (candidate.ends_with('\n') || candidate.ends_with('\r')) candidate.remove_suffix(1);
    found = found || candidate == line;
  });
  return found;
}

std::string post_processed(std::string sdp, const SdpPostProcessing& processing) {
  if (processing.removes_ice || processing.removes_rtcp_mux)
    sdp = without_removed_lines(sdp, processing);
  const auto view = sdp::View::parse(sdp);
  return view.ok() ? with_protocols_and_mark(*view, processing) : sdp;
}

}  // namespace avedge::ng
