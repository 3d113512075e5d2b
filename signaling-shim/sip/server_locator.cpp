#include "signaling-shim/sip/server_locator.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "signaling-shim/sip/text.h"
#include "signaling-shim/sip/uri.h"

namespace avedge::sip {
namespace {

/// A DNS server must not make us query, or remember, without limit.
constexpr std::size_t kMostRecords = 16;
constexpr std::size_t kMostTargets = 32;

Port standard_port(Transport transport) {
  return transport == Transport::tls ? kSipsPort : kSipPort;
}

/// RFC 3263 §4.1.
std::optional<Transport> transport_of_service(std::string_view service) {
  if (equals_ignoring_case(service, "SIP+D2U")) return Transport::udp;
  if (equals_ignoring_case(service, "SIP+D2T")) return Transport::tcp;
  if (equals_ignoring_case(service, "SIPS+D2T")) return Transport::tls;
  return std::nullopt;
}

std::string service_prefix(Transport transport) {
  switch (transport) {
    case Transport::tcp: return "_sip._tcp.";
    case Transport::tls: return "_sips._tcp.";
    default: return "_sip._udp.";
  }
}

struct Service {
  std::string name;
  Transport transport;
};

/// One search: queries fan out, and the last answer ends it.
class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(DnsClient& dns, const NextHop& hop, const std::vector<Transport>& transports,
         std::function<void(ServerLocation)> done)
      : dns_{dns}, hop_{hop}, transports_{transports}, done_{std::move(done)} {}

  void begin() {
    if (const auto address = IpAddress::parse(hop_.host)) {
      const Transport transport = hop_.transport.value_or(transports_.front());
      location_.targets.push_back(
          {transport, {*address, hop_.port.value_or(standard_port(transport))}, 0, 0, hop_.host});
      return done_(std::move(location_));
    }
    if (hop_.lookup == NextHop::Lookup::federation) {
      ask_services({{"_sipfederationtls._tcp." + hop_.host, Transport::tls}});
    } else if (hop_.port) {
      ask_host();  // §4.2: with a port, SRV is not queried
    } else if (hop_.transport) {
      ask_services({{service_prefix(*hop_.transport) + hop_.host, *hop_.transport}});
    } else {
      ask_naptr();
    }
  }

 private:
  /// §4.1: which transports the domain prefers, and where each is described.
  void ask_naptr() {
    dns_.naptr(hop_.host, [self = shared_from_this()](DnsAnswer<NaptrRecord> answer) {
      self->note(answer);
      std::vector<Service> services = self->usable(std::move(answer.records));
      if (services.empty()) {
        for (const Transport transport : self->transports_) {
          services.push_back({service_prefix(transport) + self->hop_.host, transport});
        }
      }
      self->ask_services(services);
    });
  }

  std::vector<Service> usable(std::vector<NaptrRecord> records) const {
    std::sort(records.begin(), records.end(), [](const NaptrRecord& a, const NaptrRecord& b) {
      return std::pair{a.order, a.preference} < std::pair{b.order, b.preference};
    });
    std::vector<Service> services;
    for (NaptrRecord& record : records) {
      const auto transport = transport_of_service(record.service);
      const bool can = transport && std::find(transports_.begin(), transports_.end(), *transport) !=
                                        transports_.end();
      if (can && services.size() < kMostRecords) {
        services.push_back({std::move(record.replacement), *transport});
      }
    }
    return services;
  }

  void ask_services(const std::vector<Service>& services) {
    open_ += services.size();  // all of them, before the first answer can arrive
    for (std::size_t i = 0; i < services.size(); ++i) {
      const auto rank = static_cast<std::uint32_t>(i) << 16;
      dns_.srv(services[i].name,
               [self = shared_from_this(), rank, transport = services[i].transport](
                   DnsAnswer<SrvRecord> answer) { self->on_service(transport, rank, answer); });
    }
  }

  void on_service(Transport transport, std::uint32_t rank, DnsAnswer<SrvRecord>& answer) {
    note(answer);
    has_services_ = has_services_ || !answer.records.empty();
    answer.records.resize(std::min(answer.records.size(), kMostRecords));
    for (const SrvRecord& record : answer.records) {
      // RFC 2782: a target of "." says that the service is not available.
      if (record.target.empty() || record.target == ".") continue;
      ask_addresses(
          {transport, {{}, record.port}, rank | record.priority, record.weight, record.target});
    }
    close();
  }

  /// §4.2: without SRV the host itself.
  void ask_host() {
    const Transport transport = hop_.transport.value_or(transports_.front());
    ask_addresses({transport, {{}, hop_.port.value_or(standard_port(transport))}, 0, 0, hop_.host});
  }

  void ask_addresses(Target target) {
    ++open_;
    dns_.addresses(target.name, [self = shared_from_this(), target](DnsAnswer<IpAddress> answer) {
      self->note(answer);
      for (const IpAddress& address : answer.records) {
        if (self->location_.targets.size() == kMostTargets) break;
        self->location_.targets.push_back(target);
        self->location_.targets.back().remote.address = address;
      }
      self->close();
    });
  }

  template <class Record>
  void note(const DnsAnswer<Record>& answer) {
    location_.failed = location_.failed || answer.failed;
    if (!answer.records.empty()) location_.ttl = std::min(location_.ttl, answer.ttl);
  }

  void close() {
    if (--open_ > 0) return;
    const bool may_be_a_host = hop_.lookup != NextHop::Lookup::federation && !asked_host_;
    if (!has_services_ && may_be_a_host && location_.targets.empty() && !hop_.port) {
      asked_host_ = true;
      return ask_host();
    }
    std::stable_sort(location_.targets.begin(), location_.targets.end(),
                     [](const Target& a, const Target& b) { return a.rank < b.rank; });
    done_(std::move(location_));
  }

  DnsClient& dns_;
  const NextHop hop_;
  const std::vector<Transport> transports_;
  std::function<void(ServerLocation)> done_;
  ServerLocation location_;
  std::size_t open_ = 0;  // unanswered queries
  bool has_services_ = false;
  bool asked_host_ = false;
};

}  // namespace

void locate(DnsClient& dns, const NextHop& hop, const std::vector<Transport>& transports,
            std::function<void(ServerLocation)> done) {
  std::make_shared<Search>(dns, hop, transports, std::move(done))->begin();
}

}  // namespace avedge::sip
