#include "signaling-shim/ng/report.h"

namespace avedge::ng {
namespace {

using anchor::Component;

struct Totals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

Value::Dictionary figures(const Totals& totals) {
  return {{"packets", totals.packets}, {"bytes", totals.bytes}, {"errors", 0}};
}

class Reporter {
 public:
  Reporter(Time now, UnixSeconds unix_now) : now_{now}, unix_now_{unix_now} {}

  void add(const Leg& leg, const anchor::Session& session) {
    for (const auto& dialog : session.dialogs()) add(leg, *dialog);
  }

  Value::Dictionary tags() && { return std::move(tags_); }
  [[nodiscard]] Value::Dictionary totals() const {
    return {{"RTP", figures(rtp_)}, {"RTCP", figures(rtcp_)}};
  }

 private:
  void add(const Leg& leg, const anchor::Dialog& dialog) {
    tags_.emplace_back(leg.caller_tag(),
                       party(dialog, Side::caller, leg.caller_tag(), dialog.tag()));
    tags_.emplace_back(dialog.tag(), party(dialog, Side::callee, dialog.tag(), leg.caller_tag()));
  }

  Value party(const anchor::Dialog& dialog, Side side, const std::string& own,
              const std::string& other) {
    Value::List medias;
    for (std::size_t line = 0; line < dialog.state().party[side].lines.size(); ++line) {
      medias.emplace_back(
          Value::Dictionary{{"index", line + 1}, {"streams", streams(dialog, side, line)}});
    }
    return Value::Dictionary{
        {"tag", own}, {"in dialogue with", other}, {"medias", std::move(medias)}};
  }

  Value::List streams(const anchor::Dialog& dialog, Side side, std::size_t line) {
    Value::List streams;
    dialog.paths().for_each([&](std::size_t of, Component component, const UdpPath& path) {
      if (of == line) streams.push_back(stream(dialog, side, line, component, path));
    });
    return streams;
  }

  Value stream(const anchor::Dialog& dialog, Side side, std::size_t line, Component component,
               const UdpPath& path) {
    const bool is_rtp = component == Component::rtp;
    const auto way = static_cast<std::size_t>(side);
    const MediaPortPair& lease = *dialog.state().facing[side][line].datagrams;
    const Endpoint& local = (is_rtp ? lease.rtp : lease.rtcp).advertised();
    const Endpoint& remote = (side == Side::caller ? path.caller : path.callee).signalled;
    const Totals came{static_cast<std::uint64_t>(path.counters->packets[way].value()),
                      static_cast<std::uint64_t>(path.counters->bytes[way].value())};
    Totals& sum = is_rtp ? rtp_ : rtcp_;
    sum.packets += came.packets;
    sum.bytes += came.bytes;
    return Value::Dictionary{
        {"local port", local.port.number()},
        {"endpoint", Value::Dictionary{{"family", remote.address.is_v4() ? "IPv4" : "IPv6"},
                                       {"address", remote.address.to_string()},
                                       {"port", remote.port.number()}}},
        {"last packet", last_packet(*path.counters)},
        {"flags", Value::List{is_rtp ? "RTP" : "RTCP"}},
        {"stats", figures(came)}};
  }

  [[nodiscard]] std::int64_t last_packet(const MediaPathCounters& counters) const {
    const std::chrono::nanoseconds last{counters.last_activity.value()};
    if (last.count() == 0) return 0;
    const auto ago = now_.time_since_epoch() - last;
    return (unix_now_ - std::chrono::duration_cast<UnixSeconds>(ago)).count();
  }

  Time now_;
  UnixSeconds unix_now_;
  Value::Dictionary tags_;
  Totals rtp_;
  Totals rtcp_;
};

}  // namespace

Value::Dictionary report(const Call& call, const anchor::Sessions& sessions, Time now,
                         UnixSeconds unix_now) {
  Reporter reporter{now, unix_now};
  for (const Leg& leg : call.legs()) {
    if (const auto* session = sessions.find(leg.session())) reporter.add(leg, *session);
  }
  Value::Dictionary totals = reporter.totals();
  return {{"created", call.created().count()},
          {"last signal", call.last_signal.count()},
          {"SSRC", Value::Dictionary{}},
          {"tags", std::move(reporter).tags()},
          {"totals", std::move(totals)}};
}

}  // namespace avedge::ng
