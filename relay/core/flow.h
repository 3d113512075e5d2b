// A flow: what the slow path decided about one stream of packets, in the only words the
// forwarding loop understands. Plain values, so that they can be mirrored into kernel maps.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include "relay/core/bandwidth.h"
#include "relay/core/clock.h"
#include "relay/core/endpoint.h"
#include "relay/core/packet_crypto.h"
#include "relay/core/rtp_header.h"

namespace avedge {

/// A socket or connection of one worker: the index of its slot in that worker's socket table.
enum class SocketId : std::uint32_t {};
inline constexpr SocketId kNoSocket{0xffffffff};

/// One of the edge's workers. Tokens that a client may bring back elsewhere carry it.
enum class WorkerIndex : std::uint8_t {};

/// What the worker may do with a client's connection when room or time is short.
enum class AuthState : std::uint8_t {
  unauthenticated,  // nothing is granted on it: it must show credentials soon, and its messages are
                    // short
  authenticated     // it carries an allocation or relayed data: it lives as long as that
};

/// What distinguishes flows that come from one remote endpoint on one socket: a channel number (RFC
/// 8656 §12: 0x4000–0x4FFF), or one of the values below.
using ChannelField = std::uint16_t;
inline constexpr ChannelField kNoChannel = 0;
/// A client's Send indications towards its IPv4 (IPv6) relayed address. The entry names the relay
/// socket; the peer inside the indication is then looked up there, as a permission.
inline constexpr ChannelField kSendIndicationIpv4 = 1;
inline constexpr ChannelField kSendIndicationIpv6 = 2;

/// Compared field by field. `remote.port` 0 stands for every port of that address: a permission
/// (RFC 8656 §9), looked up when no flow of the exact endpoint exists.
struct FlowKey {
  SocketId socket = kNoSocket;
  Endpoint remote;
  ChannelField channel = kNoChannel;
  friend auto operator<=>(const FlowKey&, const FlowKey&) = default;
};

enum class Transform : std::uint8_t {
  pass,                   // the datagram as it came
  strip_channel_header,   // client → peer: payload of ChannelData
  frame_channel_data,     // peer → client: behind a ChannelData header
  frame_data_indication,  // peer → client: inside a Data indication
  unwrap_send_indication  // client → peer: DATA of a Send indication, if the peer has a permission
};

/// Direction of relayed payload, as in the metric label `direction`.
enum class Direction : std::uint8_t {
  client_to_peer,
  peer_to_client,
  anchor_caller_to_callee,
  anchor_callee_to_caller
};
inline constexpr std::array<std::string_view, 4> kDirectionLabels{
    "client_to_peer", "peer_to_client", "anchor_near_to_far", "anchor_far_to_near"};

struct FlowSpec {
  FlowKey key;
  Transform transform = Transform::pass;
  /// Channel to frame with (frame_channel_data), otherwise kNoChannel.
  ChannelField channel = kNoChannel;
  /// Not every port of the peer's address is open: it is an address of this host, in its local
  /// form, or one of single ports. Each packet to or from the peer is asked about
  /// (SlowPathHandler::may_reach()). Set on all flows of such a peer.
  bool judges_port = false;
  /// STUN on this flow is also shown to the slow path (anchors read ICE checks to latch).
  bool inspect_stun = false;
  /// Transform::pass only (the others imply theirs): what its packets are counted as.
  Direction direction = Direction::anchor_caller_to_callee;
  /// Socket the packet leaves by.
  SocketId out_socket = kNoSocket;
  /// Where it goes. Unused by unwrap_send_indication, whose packets name their peer.
  Endpoint destination;
  /// From this moment on nothing is forwarded. Towards the peer: the earlier of allocation and
  /// channel; from the peer: the earlier of allocation and permission.
  Time valid_until = kNever;
  /// Transform::pass only: applied to each packet (SetCrypto).
  CryptoId crypto = kNoCrypto;
  /// frame_channel_data only: from this moment on the peer's data goes as Data indications.
  Time channel_until = kNever;
};

/// Creates the flow, or changes it and keeps its counters.
struct UpsertFlow {
  FlowSpec spec;
};
/// Forgets the flow; unknown keys are ignored.
struct EraseFlow {
  FlowKey key;
};
/// Closes a socket of this worker and gives its port back. Its flows must be erased before.
struct CloseSocket {
  SocketId socket = kNoSocket;
};
/// How much trust a client's connection has earned.
struct SetAuthState {
  SocketId connection = kNoSocket;
  AuthState auth_state = AuthState::unauthenticated;
};
/// Makes one byte stream of a client's data connection and a peer's connection (RFC 6062 §4.3), or
/// of connections with the two parties of an anchored call.
struct JoinConnections {
  SocketId client = kNoSocket;  // or the caller's
  SocketId peer = kNoSocket;    // or the callee's
};
/// Gives a connection, and the message being handled, to another worker.
struct HandOver {
  SocketId connection = kNoSocket;
  WorkerIndex worker{};
};
/// What goes over these UDP sockets, the relayed addresses of one allocation, is limited from now
/// on. The second may be kNoSocket.
struct LimitBandwidth {
  std::array<SocketId, 2> relays{kNoSocket, kNoSocket};
  BandwidthGrant grant;
};
/// What flows with that FlowSpec::crypto apply from now on. A flow whose crypto is not there passes
/// nothing.
struct SetCrypto {
  CryptoId id = kNoCrypto;
  std::shared_ptr<PacketCrypto> crypto;  // null: forgotten
};
using FlowEdit = std::variant<UpsertFlow, EraseFlow, CloseSocket, SetAuthState, JoinConnections,
                              HandOver, LimitBandwidth, SetCrypto>;

/// What went over a flow so far.
struct FlowUsage {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // payload, without ChannelData or STUN framing
  Time last_activity{};     // of the last forwarded packet; the epoch if there was none
  RtpPosition rtp;          // of the last RTP packet; only anchored flows note it

  FlowUsage& operator+=(const FlowUsage& other) {
    packets += other.packets;
    bytes += other.bytes;
    if (other.last_activity > last_activity) last_activity = other.last_activity;
    if (other.rtp.is_known()) rtp = other.rtp;
    return *this;
  }
};

}  // namespace avedge
