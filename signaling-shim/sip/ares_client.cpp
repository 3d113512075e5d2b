#include "signaling-shim/sip/ares_client.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <span>

#include "signaling-shim/sip/dns_ttl.h"

namespace avedge::sip {
namespace {

using boost::system::error_code;

/// No request waits for the lookup of a next hop's name, but fail-over needs a time limit.
constexpr int kTimeoutMilliseconds = 2000;
constexpr int kTries = 2;

bool means_absent(int status) {
  return status == ARES_ENODATA || status == ARES_ENOTFOUND;
}

ConstBytes bytes_of_reply(const unsigned char* reply, int size) {
  return std::as_bytes(std::span{reply, static_cast<std::size_t>(size)});
}

void read_records(const unsigned char* reply, int size, std::vector<NaptrRecord>& records) {
  ares_naptr_reply* list = nullptr;
  if (ares_parse_naptr_reply(reply, size, &list) != ARES_SUCCESS) return;
  for (const ares_naptr_reply* at = list; at != nullptr; at = at->next) {
    records.push_back(
        {at->order, at->preference, reinterpret_cast<const char*>(at->service), at->replacement});
  }
  ares_free_data(list);
}

void read_records(const unsigned char* reply, int size, std::vector<SrvRecord>& records) {
  ares_srv_reply* list = nullptr;
  if (ares_parse_srv_reply(reply, size, &list) != ARES_SUCCESS) return;
  for (const ares_srv_reply* at = list; at != nullptr; at = at->next) {
    records.push_back({at->priority, at->weight, Port{at->port}, at->host});
  }
  ares_free_data(list);
}

/// Called by c-ares once for each query, at its destruction at the latest.
template <class Record>
void on_reply(void* argument, int status, int, unsigned char* reply, int size) {
  const std::unique_ptr<DnsClient::Done<Record>> done{
      static_cast<DnsClient::Done<Record>*>(argument)};
  if (status == ARES_EDESTRUCTION) return;
  DnsAnswer<Record> answer;
  answer.failed = status != ARES_SUCCESS && !means_absent(status);
  if (status == ARES_SUCCESS) {
    read_records(reply, size, answer.records);
    answer.ttl = shortest_ttl(bytes_of_reply(reply, size));
  }
  (*done)(std::move(answer));
}

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    return IpAddress::from_bytes(std::as_bytes(std::span{&v4, 1}));
  }
  if (address->sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    return IpAddress::from_bytes(std::as_bytes(std::span{&v6, 1}));
  }
  return std::nullopt;
}

void on_addresses(void* argument, int status, int, ares_addrinfo* info) {
  const std::unique_ptr<DnsClient::Done<IpAddress>> done{
      static_cast<DnsClient::Done<IpAddress>*>(argument)};
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owner{info,
                                                                           &ares_freeaddrinfo};
  if (status == ARES_EDESTRUCTION) return;
  DnsAnswer<IpAddress> answer;
  answer.failed = status != ARES_SUCCESS && !means_absent(status);
  answer.ttl = std::chrono::seconds::max();
  const ares_addrinfo_node* at = status == ARES_SUCCESS ? info->nodes : nullptr;
  for (; at != nullptr; at = at->ai_next) {
    if (const auto address = address_of(at->ai_addr)) answer.records.push_back(*address);
    answer.ttl = std::min(answer.ttl, std::chrono::seconds{at->ai_ttl});
  }
  (*done)(std::move(answer));
}

std::string servers_csv(const std::vector<Endpoint>& servers) {
  std::string csv;
  for (const Endpoint& server : servers) csv += (csv.empty() ? "" : ",") + server.to_string();
  return csv;
}

Error ares_error(int status) {
  return Error{std::string{"DNS: "} + ares_strerror(status)};
}

}  // namespace

Result<std::unique_ptr<AresClient>> AresClient::open(boost::asio::io_context& io,
                                                     const std::vector<Endpoint>& servers) {
  static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
  if (initialised != ARES_SUCCESS) return ares_error(initialised);
  std::unique_ptr<AresClient> client{new AresClient{io}};
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH;  // names are fully qualified
  options.timeout = kTimeoutMilliseconds;
  options.tries = kTries;
  options.sock_state_cb_data = client.get();
  options.sock_state_cb = [](void* self, int fd, int readable, int writable) {
    static_cast<AresClient*>(self)->on_socket(fd, readable != 0, writable != 0);
  };
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (const int failed = ares_init_options(&client->stream_, &options, mask)) {
    client->stream_ = nullptr;
    return ares_error(failed);
  }
  if (!servers.empty()) {
    const int failed = ares_set_servers_ports_csv(client->stream_, servers_csv(servers).c_str());
    if (failed != ARES_SUCCESS) return ares_error(failed);
  }
  return client;
}

AresClient::~AresClient() {
  alive_.reset();
  if (stream_ != nullptr) ares_destroy(stream_);
}

void AresClient::naptr(const std::string& name, Done<NaptrRecord> done) {
  query(name, ns_t_naptr, &on_reply<NaptrRecord>, new Done<NaptrRecord>{std::move(done)});
}

void AresClient::srv(const std::string& name, Done<SrvRecord> done) {
  query(name, ns_t_srv, &on_reply<SrvRecord>, new Done<SrvRecord>{std::move(done)});
}

void AresClient::query(const std::string& name, int type, ares_callback callback, void* argument) {
  ares_query(stream_, name.c_str(), ns_c_in, type, callback, argument);
  arm_timer();
}

void AresClient::addresses(const std::string& name, Done<IpAddress> done) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting would open sockets to every address
  ares_getaddrinfo(stream_, name.c_str(), nullptr, &hints, &on_addresses,
                   new Done<IpAddress>{std::move(done)});
  arm_timer();
}

void AresClient::on_socket(int fd, bool readable, bool writable) {
  const auto found = watches_.find(fd);
  if (!readable && !writable) {
    if (found == watches_.end()) return;
    found->second->descriptor.release();  // c-ares closes it
    watches_.erase(found);
    return;
  }
  auto& watch = watches_[fd];
  if (!watch) watch = std::make_shared<Watch>(io_, fd);
  watch->read.wanted = readable;
  watch->write.wanted = writable;
  wait_to_read(fd, watch);
  wait_to_write(fd, watch);
}

void AresClient::wait_to_read(int fd, const std::shared_ptr<Watch>& watch) {
  if (!watch->read.wanted || watch->read.waiting) return;
  watch->read.waiting = true;
  watch->descriptor.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [this, fd, watch, alive = std::weak_ptr{alive_}](const error_code& failed) {
        watch->read.waiting = false;
        if (failed || alive.expired()) return;
        process(fd, ARES_SOCKET_BAD);
        if (watch->descriptor.is_open()) wait_to_read(fd, watch);
      });
}

void AresClient::wait_to_write(int fd, const std::shared_ptr<Watch>& watch) {
  if (!watch->write.wanted || watch->write.waiting) return;
  watch->write.waiting = true;
  watch->descriptor.async_wait(
      boost::asio::posix::stream_descriptor::wait_write,
      [this, fd, watch, alive = std::weak_ptr{alive_}](const error_code& failed) {
        watch->write.waiting = false;
        if (failed || alive.expired()) return;
        process(ARES_SOCKET_BAD, fd);
        if (watch->descriptor.is_open()) wait_to_write(fd, watch);
      });
}

void AresClient::process(int readable, int writable) {
  ares_process_fd(stream_, readable, writable);
  arm_timer();
}

void AresClient::arm_timer() {
  timeval wait{};
  if (ares_timeout(stream_, nullptr, &wait) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds{wait.tv_sec} + std::chrono::microseconds{wait.tv_usec});
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const error_code& failed) {
    if (!failed && !alive.expired()) process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

}  // namespace avedge::sip
