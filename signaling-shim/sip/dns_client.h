// The DNS queries required to find a SIP server. Signalling thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "relay/core/endpoint.h"

namespace avedge::sip {

/// RFC 3403 §4.1, without the regular expression, which SIP does not use.
struct NaptrRecord {
  std::uint16_t order = 0;
  std::uint16_t preference = 0;
  std::string service;
  std::string replacement;
};

/// RFC 2782.
struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  Port port;
  std::string target;
};

template <class Record>
struct DnsAnswer {
  std::vector<Record> records;
  /// Of the first record.
  std::chrono::seconds ttl{};
  /// No server answered; if false, an empty list means that there are no records.
  bool failed = false;
};

class DnsClient {
 public:
  template <class Record>
  using Done = std::function<void(DnsAnswer<Record>)>;

  virtual ~DnsClient() = default;
  // Each calls `done` once, possibly before it returns, and never after the client's destruction.
  virtual void naptr(const std::string& name, Done<NaptrRecord> done) = 0;
  virtual void srv(const std::string& name, Done<SrvRecord> done) = 0;
  /// A and AAAA records, and entries of the system's hosts file.
  virtual void addresses(const std::string& name, Done<IpAddress> done) = 0;
};

}  // namespace avedge::sip
