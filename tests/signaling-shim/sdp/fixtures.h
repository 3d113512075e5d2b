// Session descriptions as they are met in the field, with the addresses of documentation ranges:
//   192.0.2.x  the party's own network      203.0.113.x  its NAT and relay
//   198.51.100.7  the edge, as the far side is to see it
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace avedge::sdp::fixtures {

/// Raw strings hold LF; the wire has CRLF.
inline std::string crlf(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

/// A federated Skype call: G.711, G.722 and comfort noise, every kind of candidate, SRTP optional.
inline constexpr std::string_view kFederationOffer = R"(v=0
o=- 0 0 IN IP4 203.0.113.92
s=session
c=IN IP4 203.0.113.92
b=CT:99980
t=0 0
a=x-devicecaps:audio:send,recv;video:send,recv
m=audio 57962 RTP/AVP 9 0 8 13 101
a=x-ssrc-range:862104576-862104576
a=rtcp-fb:* x-message app send:dsh recv:dsh
a=rtcp-rsize
a=label:main-audio
a=x-source:main-audio
a=ice-ufrag:ccwh
a=ice-pwd:8X3nfjTthYjuA8vhf+z2FYqM
a=candidate:1 1 UDP 2130706431 192.0.2.16 10668 typ host 
a=candidate:1 2 UDP 2130705918 192.0.2.16 10669 typ host 
a=x-candidate-ipv6:2 1 UDP 2130705919 2001:db8:0:1::16 15206 typ host
a=x-candidate-ipv6:2 2 UDP 2130705406 2001:db8:0:1::16 15207 typ host
a=candidate:4 1 TCP-PASS 174455295 203.0.113.92 54427 typ relay raddr 203.0.113.167 rport 11603
a=candidate:4 2 TCP-PASS 174454782 203.0.113.92 54427 typ relay raddr 203.0.113.167 rport 11603
a=candidate:5 1 UDP 184547327 203.0.113.92 57962 typ relay raddr 203.0.113.167 rport 6098
a=candidate:5 2 UDP 184546814 203.0.113.92 51825 typ relay raddr 203.0.113.167 rport 6099
a=candidate:6 1 UDP 1694234111 203.0.113.167 6098 typ srflx raddr 192.0.2.16 rport 6098
a=candidate:6 2 UDP 1694233598 203.0.113.167 6099 typ srflx raddr 192.0.2.16 rport 6099
a=candidate:7 1 TCP-ACT 174846975 203.0.113.92 54427 typ relay raddr 203.0.113.167 rport 11603
a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:qk2+Fe5CWZcKttfJVk8wShtvC0ixVWQvVx1tYgYg|2^31|1:1
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:eanuVGjZ1PGHP9Eh17H9u5uAr36WW2pjXzrH0s7W|2^31|1:1
a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:39IvYCDOPzx/MwuZNKuN5RHY+RSA0xz2LWGkBok3|2^31
a=maxptime:200
a=rtcp:51825
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
)";

inline constexpr std::string_view kFederationOfferAnchored = R"(v=0
o=- 0 0 IN IP4 198.51.100.7
s=session
c=IN IP4 198.51.100.7
b=CT:99980
t=0 0
a=x-devicecaps:audio:send,recv;video:send,recv
m=audio 50000 RTP/AVP 9 0 8 13 101
a=x-ssrc-range:862104576-862104576
a=rtcp-fb:* x-message app send:dsh recv:dsh
a=rtcp-rsize
a=label:main-audio
a=x-source:main-audio
a=ice-ufrag:ccwh
a=ice-pwd:8X3nfjTthYjuA8vhf+z2FYqM
a=candidate:5 1 UDP 2130706431 198.51.100.7 50000 typ host
a=candidate:5 2 UDP 2130706430 198.51.100.7 50001 typ host
a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:qk2+Fe5CWZcKttfJVk8wShtvC0ixVWQvVx1tYgYg|2^31|1:1
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:eanuVGjZ1PGHP9Eh17H9u5uAr36WW2pjXzrH0s7W|2^31|1:1
a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:39IvYCDOPzx/MwuZNKuN5RHY+RSA0xz2LWGkBok3|2^31
a=maxptime:200
a=rtcp:50001
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
)";

/// The fallback part of an OCS-era offer: credentials belong to the candidates.
inline constexpr std::string_view kIce06Offer = R"(v=0
o=- 0 0 IN IP4 203.0.113.92
s=session
c=IN IP4 203.0.113.92
b=CT:99980
t=0 0
m=audio 54712 RTP/AVP 114 0 8 101
a=candidate:Q4qp+2B3Rejg21tBRcAGfwXRQxwFbPH03U7efzcCp9M 1 75+hnK4QFySwmPMqbWWhJg UDP 0.830 192.0.2.16 21722
a=candidate:Q4qp+2B3Rejg21tBRcAGfwXRQxwFbPH03U7efzcCp9M 2 75+hnK4QFySwmPMqbWWhJg UDP 0.830 192.0.2.16 21723
a=candidate:hxajgyQ3ey1c0Dwrnogo1as2lNIZdsPbHDVH7UJy7mw 1 Uqk/hGPBtIDASJArq1AR2Q TCP 0.110 203.0.113.92 52196
a=candidate:Y+hVJGzBEjj4wtencMChvT7yEI8r6nHIPnQXB9Zchyw 1 Zfwzh/lMlJ/3YmOnpiJRdQ UDP 0.410 203.0.113.92 54712
a=candidate:Y+hVJGzBEjj4wtencMChvT7yEI8r6nHIPnQXB9Zchyw 2 Zfwzh/lMlJ/3YmOnpiJRdQ UDP 0.410 203.0.113.92 53613
a=maxptime:200
a=rtcp:53613
a=rtpmap:0 PCMU/8000
)";

inline constexpr std::string_view kIce06OfferAnchored = R"(v=0
o=- 0 0 IN IP4 198.51.100.7
s=session
c=IN IP4 198.51.100.7
b=CT:99980
t=0 0
m=audio 50000 RTP/AVP 114 0 8 101
a=candidate:Y+hVJGzBEjj4wtencMChvT7yEI8r6nHIPnQXB9Zchyw 1 Zfwzh/lMlJ/3YmOnpiJRdQ UDP 0.830 198.51.100.7 50000
a=candidate:Y+hVJGzBEjj4wtencMChvT7yEI8r6nHIPnQXB9Zchyw 2 Zfwzh/lMlJ/3YmOnpiJRdQ UDP 0.830 198.51.100.7 50001
a=maxptime:200
a=rtcp:50001
a=rtpmap:0 PCMU/8000
)";

/// What follows an m=audio line in most of the small cases.
inline std::string small(std::string_view session_connection, std::string_view media) {
  std::string text = "v=0\no=- 1 1 IN IP4 192.0.2.16\ns=-\n";
  text.append(session_connection).append("t=0 0\n").append(media);
  return crlf(text);
}

}  // namespace avedge::sdp::fixtures
