#include "signaling-shim/sdp/rewrite.h"

#include <algorithm>

#include "signaling-shim/sdp/candidate_lines.h"

namespace avedge::sdp {
namespace {

class Rewriter {
 public:
  Rewriter(const View& view, const RewritePlan& plan, text::EditList& edits)
      : view_{view}, plan_{plan}, edits_{edits} {}

  void run() {
    if (plan_.address) rewrite_session(*plan_.address);
    for (const Line& line : view_.unsupported_address_lines()) edits_.erase(line.whole);
    for (std::size_t i = 0; i < view_.media().size(); ++i) {
      const Media& media = view_.media()[i];
      for (const Line& line : media.unsupported_address_lines) edits_.erase(line.whole);
      const EdgePorts* ports = default_ports_of(i);
      if (ports != nullptr) rewrite_media(media, *ports, plan_.media[i].converts_line);
      const CandidatePlan plan{plan_.candidates, ports == nullptr ? nullptr : &plan_.media[i],
                               view_.line_end()};
      rewrite_candidates(media, plan, edits_);
      translate_remote_candidates(
          media, i < plan_.receiver.size() ? plan_.receiver[i] : ReceiverEndpoints{}, plan, edits_);
    }
  }

 private:
  void rewrite_session(const IpAddress& edge) {
    if (view_.origin()) put(*view_.origin(), edge);
    if (!session_connection_is_ours()) return;
    for (const NetAddress& connection : view_.connections()) put(connection, edge);
  }

  /// Unless some section that we do not relay (m=message, say) still lives by it alone.
  [[nodiscard]] bool session_connection_is_ours() const {
    bool is_foreign = false;
    for (std::size_t i = 0; i < view_.media().size(); ++i) {
      const Media& media = view_.media()[i];
      if (!media.connections.empty()) continue;
      if (default_ports_of(i) != nullptr) return true;
      is_foreign = is_foreign || !media.is_rejected();
    }
    return !is_foreign;
  }

  /// What the section's m= line is to show; null if it is not relayed.
  [[nodiscard]] const EdgePorts* default_ports_of(std::size_t index) const {
    const Media& media = view_.media()[index];
    if (index >= plan_.media.size() || !media.is_relayed()) return nullptr;
    const auto& used = plan_.media[index].of_line(media.uses_streams());
    return used ? &*used : nullptr;
  }

  void rewrite_media(const Media& media, const EdgePorts& ports, bool converts) {
    if (converts) edits_.replace(media.protocol, converted_protocol(media));
    edits_.replace(media.port_text, std::to_string(ports.rtp.port.number()));
    edits_.erase(media.port_count);
    for (const NetAddress& connection : media.connections) put(connection, ports.rtp.address);
    const NetAddress* connection = view_.connection_of(media);
    if (media.connections.empty() && connection != nullptr && !connection->is_held() &&
        plan_.address != ports.rtp.address) {
      add_line(media.head,
               "c=IN " + type_of(ports.rtp.address) + ' ' + ports.rtp.address.to_string());
    }
    rewrite_rtcp(media, ports, media.uses_streams() != converts);
  }

  static std::string converted_protocol(const Media& media) {
    constexpr std::string_view kPrefix = "TCP/";
    const bool has_prefix = media.uses_streams() && media.protocol.size() > kPrefix.size();
    return has_prefix ? std::string{media.protocol.substr(kPrefix.size())}
                      : std::string{kPrefix}.append(media.protocol);
  }

  void rewrite_rtcp(const Media& media, const EdgePorts& ports, bool is_over_tcp) {
    if (media.rtcp) {
      // A party that multiplexes may name its RTP port here.
      const bool is_muxed = media.rtcp->port == media.port;
      const Endpoint& edge = is_muxed ? ports.rtp : ports.rtcp;
      edits_.replace(media.rtcp->port_text, std::to_string(edge.port.number()));
      if (media.rtcp->address) put(*media.rtcp->address, edge.address);
    } else if (needs_rtcp_line(media, ports, is_over_tcp)) {
      add_line(media.preamble, "a=rtcp:" + std::to_string(ports.rtcp.port.number()));
    }
  }

  /// One connection may carry both: Lync's does, and says nothing about it.
  static bool needs_rtcp_line(const Media& media, const EdgePorts& ports, bool is_over_tcp) {
    const bool is_rtp = media.profile == Profile::rtp || media.profile == Profile::framed_rtp;
    const bool is_one_connection = is_over_tcp && ports.rtcp.port == ports.rtp.port;
    return is_rtp && !is_one_connection && ports.rtcp.port != ports.rtp.port.next();
  }

  void put(const NetAddress& place, const IpAddress& edge) {
    if (place.is_held()) return;
    edits_.replace(place.type, type_of(edge));
    edits_.replace(place.text, edge.to_string());
  }

  /// Behind a line that no edit takes out.
  void add_line(const Line& place, const std::string& line) {
    edits_.insert_after(place.text, std::string{view_.line_end()} + line);
  }

  static std::string type_of(const IpAddress& address) { return address.is_v4() ? "IP4" : "IP6"; }

  const View& view_;
  const RewritePlan& plan_;
  text::EditList& edits_;
};

}  // namespace

void rewrite(const View& view, const RewritePlan& plan, text::EditList& edits) {
  Rewriter{view, plan, edits}.run();
}

std::string rewrite(const View& view, const RewritePlan& plan) {
  text::EditList edits{view.text()};
  rewrite(view, plan, edits);
  return edits.emit();
}

}  // namespace avedge::sdp
