// Why a request failed, in the words that clients match on: the spelling is part of the protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "relay/core/drop_reason.h"

namespace avedge::ng {

// Proxies try their next node on exactly these two.
inline constexpr std::string_view kOverload = "Parallel session limit reached";
inline constexpr std::string_view kOutOfPorts = "Ran out of ports";

inline constexpr std::string_view kNoPayload = "Invalid data (no payload)";
inline constexpr std::string_view kBadBencode = "Could not decode bencode dictionary";
inline constexpr std::string_view kBadJson = "Failed to parse JSON document";
inline constexpr std::string_view kBadFormat = "Invalid NG data format";
inline constexpr std::string_view kNoCommand = "Dictionary contains no key \"command\"";
inline constexpr std::string_view kUnknownCommand = "Unrecognized command";
inline constexpr std::string_view kNoSdp = "No SDP body in message";
inline constexpr std::string_view kNoCallId = "No call-id in message";
inline constexpr std::string_view kNoFromTag = "No from-tag in message";
inline constexpr std::string_view kNoToTag = "No to-tag in message";
inline constexpr std::string_view kUnknownCall = "Unknown call-id";
inline constexpr std::string_view kBadSdp = "Failed to parse SDP";
inline constexpr std::string_view kIncompleteSdp = "Incomplete SDP specification";
inline constexpr std::string_view kNoDialogue = "Invalid dialogue association";
inline constexpr std::string_view kRewriteFailed = "Error rewriting SDP";
inline constexpr std::string_view kNothingDeleted = "Call-ID not found or tags didn't match";

// Ours: what no client matches on, and an operator must understand.
inline constexpr std::string_view kNoRecording = "Recording is not supported";
inline constexpr std::string_view kUnknownInterface = "Unknown interface in direction";
inline constexpr std::string_view kNoBridging =
    "transport-protocol asks for another keying than the SDP has, which is not supported";

struct Failure {
  std::string text;
  /// What is counted besides the error reply.
  std::optional<DropReason> drop;

  Failure(std::string_view why) : text{why} {}  // implicit: a text is a failure
  Failure(DropReason why) : text{text_of(why)}, drop{why} {}
  Failure(DropReason why, std::string in_words) : text{std::move(in_words)}, drop{why} {}

  [[nodiscard]] static constexpr std::string_view text_of(DropReason reason) {
    switch (reason) {
      case DropReason::descriptors_exhausted:
      case DropReason::table_full: return kOverload;
      case DropReason::ports_exhausted: return kOutOfPorts;
      case DropReason::sdp_malformed: return kBadSdp;
      case DropReason::sdp_unsupported: return kIncompleteSdp;
      case DropReason::sip_unmatched: return kNoDialogue;
      default: return kRewriteFailed;
    }
  }
};

template <class Value>
using Outcome = Expected<Value, Failure>;

}  // namespace avedge::ng
