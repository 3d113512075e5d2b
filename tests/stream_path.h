// A path of an anchored call with TCP, in a form that tests can fill in leg by leg.
#pragma once

#include <memory>
#include <optional>

#include "relay/core/media_path.h"

namespace avedge {

struct StreamPath {
  MediaPathId id{};
  TcpLeg caller;
  TcpLeg callee;
  /// A party that has no TCP at all: its TcpLeg means nothing then.
  std::optional<UdpLeg> caller_datagrams{};
  std::optional<UdpLeg> callee_datagrams{};
  std::shared_ptr<MediaPathCounters> counters{};
};

inline MediaPath media_path_of(const StreamPath& path) {
  const Leg caller = path.caller_datagrams ? Leg{*path.caller_datagrams} : Leg{path.caller};
  const Leg callee = path.callee_datagrams ? Leg{*path.callee_datagrams} : Leg{path.callee};
  return {path.id, caller, callee, path.counters, {}};
}

inline StreamPath stream_path_of(const MediaPath& path) {
  StreamPath stream;
  stream.id = path.id;
  stream.counters = path.counters;
  if (const auto* tcp = std::get_if<TcpLeg>(&path.caller)) stream.caller = *tcp;
  if (const auto* tcp = std::get_if<TcpLeg>(&path.callee)) stream.callee = *tcp;
  if (const auto* udp = std::get_if<UdpLeg>(&path.caller)) stream.caller_datagrams = *udp;
  if (const auto* udp = std::get_if<UdpLeg>(&path.callee)) stream.callee_datagrams = *udp;
  return stream;
}

inline MediaPath media_path_of(const UdpPath& path) {
  return {path.id, path.caller, path.callee, path.counters, path.rtp};
}

}  // namespace avedge
