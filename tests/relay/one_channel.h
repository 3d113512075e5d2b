// What a TURN server would decide when a client binds a channel, for tests of workers whose
// protocol is a stub.
#pragma once

#include <chrono>
#include <string>

#include "relay/core/relay_ports.h"
#include "relay/core/slow_path.h"
#include "relay/core/turn_framing.h"

namespace avedge::relay {

inline constexpr ChannelField kChannel = 0x4001;

/// kChannel between the client and `peer`, by the relay socket `port`, for a minute.
inline void bind_channel(Time now, const Path& client, const RelayPort& port, const Endpoint& peer,
                         Outcome& outcome) {
  FlowSpec up;
  up.key = {client.socket, client.remote, kChannel};
  up.transform = Transform::strip_channel_header;
  up.out_socket = port.socket;
  up.destination = peer;
  up.valid_until = now + std::chrono::minutes{1};
  outcome.upsert(up);
  FlowSpec down;
  down.key = {port.socket, peer, kNoChannel};
  down.transform = Transform::frame_channel_data;
  down.channel = kChannel;
  down.out_socket = client.socket;
  down.destination = client.remote;
  down.valid_until = now + std::chrono::minutes{1};
  outcome.upsert(down);
}

inline std::string channel_data(const std::string& payload) {
  std::string message(4, '\0');
  write_channel_data_header(reinterpret_cast<std::byte*>(message.data()), kChannel, payload.size());
  return message + payload;
}

}  // namespace avedge::relay
