#include "ice/latching/line_payload.h"

#include <gtest/gtest.h>

#include "latched_call.h"

namespace avedge::latching {
namespace {

using Bytes = std::vector<std::byte>;

LinePayload line(LinePayload::Kind kind, bool has_dtls = false) {
  LinePayload line;
  line.kind = kind;
  line.has_dtls = has_dtls;
  line.payload_types.set(0).set(101);
  return line;
}

const LinePayload kRtp = line(LinePayload::Kind::rtp);
const LinePayload kRtcp = line(LinePayload::Kind::rtcp);
const LinePayload kAny = line(LinePayload::Kind::any);
const LinePayload kDtlsSrtp = line(LinePayload::Kind::rtp, true);
const Bytes kDtlsRecord(60, std::byte{22});

TEST(LinePayload, OnlyWhatTheLineCarriesFits) {
  const Bytes rtp = rtp_packet(7, 1, 101);
  const Bytes marked = rtp_packet(7, 1, 0x80 | 101);
  const Bytes other_type = rtp_packet(7, 1, 9);
  Bytes version_one = rtp;
  version_one[0] = std::byte{0x40};
  const Bytes cut{rtp.begin(), rtp.begin() + 11};
  const Bytes rtcp = rtcp_packet(7);
  struct Case {
    const char* name;
    const LinePayload& line;
    const Bytes& datagram;
    bool fits;
  };
  for (const Case& c : {Case{"RTP", kRtp, rtp, true},
                        {"with the marker bit", kRtp, marked, true},
                        {"a payload type of no SDP", kRtp, other_type, false},
                        {"RTP version 1", kRtp, version_one, false},
                        {"a header cut short", kRtp, cut, false},
                        {"nothing at all", kRtp, Bytes{}, false},
                        {"RTCP on the port of RTP", kRtp, rtcp, false},
                        {"DTLS where none was agreed", kRtp, kDtlsRecord, false},
                        {"DTLS of DTLS-SRTP", kDtlsSrtp, kDtlsRecord, true},
                        {"RTCP", kRtcp, rtcp, true},
                        {"RTP on the port of RTCP", kRtcp, rtp, false},
                        {"anything on a line that is not RTP", kAny, cut, true}}) {
    EXPECT_EQ(fits(c.line, c.datagram), c.fits) << c.name;
  }
}

TEST(LinePayload, WithoutPayloadTypesInTheSdpAllFit) {
  LinePayload line = kRtp;
  line.payload_types.reset();
  EXPECT_TRUE(fits(line, rtp_packet(7, 1, 96)));
}

}  // namespace
}  // namespace avedge::latching
