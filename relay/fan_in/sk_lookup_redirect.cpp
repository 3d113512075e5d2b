#include "relay/fan_in/sk_lookup_redirect.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "relay/fan_in/sk_lookup_maps.h"
#include "relay/sockets/file_descriptor.h"
#include "relay/sockets/udp_socket.h"
#include "sk_lookup_program.skel.h"

namespace avedge::relay {
namespace {

constexpr std::uint32_t kFamilies = 2;

std::uint32_t receiver_of(WorkerIndex worker, AddressFamily family) {
  return kFamilies * static_cast<std::uint32_t>(worker) + (family == AddressFamily::ipv4 ? 0 : 1);
}

steered_port key_of(const Endpoint& local) {
  steered_port key{};
  const ConstBytes address = local.address.bytes();
  if (local.address.is_v4()) {
    key.address[2] = htonl(0xffff);
    std::memcpy(&key.address[3], address.data(), address.size());
  } else {
    std::memcpy(key.address, address.data(), address.size());
  }
  key.port = local.port.number();
  return key;
}

std::uint32_t total_ports(const std::vector<RelayRange>& ranges) {
  std::uint32_t total = 0;
  for (const RelayRange& range : ranges) {
    total += static_cast<std::uint32_t>(range.last.number() - range.first.number()) + 1;
  }
  return total;
}

/// Of the kernel's verdict on a program: rights, or what it does not know.
Error refusal(const char* what, int code) {
  const std::string sentence =
      std::string{what} +
      (code == EPERM ? " (it takes CAP_BPF and CAP_NET_ADMIN)" : " (it takes Linux 5.19)");
  return Error::from_errno(sentence, code);
}

/// A loaded program has to know its ports from the beginning, and its maps their sizes.
void measure(sk_lookup_program& skeleton, const std::vector<RelayRange>& ranges,
             std::size_t workers) {
  Port first{0xffff};
  Port last;
  for (const RelayRange& range : ranges) {
    first = std::min(first, range.first);
    last = std::max(last, range.last);
  }
  skeleton.rodata->first_port = first.number();
  skeleton.rodata->last_port = last.number();
  const std::uint32_t sockets = kFamilies * static_cast<std::uint32_t>(workers);
  bpf_map__set_max_entries(skeleton.maps.ports, std::max(total_ports(ranges), 1u));
  bpf_map__set_max_entries(skeleton.maps.receivers, sockets);
  bpf_map__set_max_entries(skeleton.maps.icmp_sockets, sockets);
}

}  // namespace

/// The descriptors are the skeleton's.
struct SkLookupRedirect::Program {
  explicit Program(sk_lookup_program* opened) : skeleton{opened} {}
  ~Program() { sk_lookup_program__destroy(skeleton); }

  sk_lookup_program* skeleton;
  int ports = -1;
  int receivers = -1;
  int icmp_sockets = -1;
};

SkLookupRedirect::SkLookupRedirect(std::unique_ptr<Program> program)
    : program_{std::move(program)} {}

SkLookupRedirect::~SkLookupRedirect() = default;

Result<std::unique_ptr<SkLookupRedirect>> SkLookupRedirect::open(
    const std::vector<RelayRange>& ranges, std::size_t workers) {
  libbpf_set_print(nullptr);  // its failures are reported below
  sk_lookup_program* const skeleton = sk_lookup_program__open();
  if (skeleton == nullptr) return Error::from_errno("cannot read the programs of fan-in");
  auto program = std::make_unique<Program>(skeleton);
  measure(*skeleton, ranges, workers);
  if (const int failed = sk_lookup_program__load(skeleton); failed != 0) {
    return refusal("cannot load its programs", -failed);
  }
  program->ports = bpf_map__fd(skeleton->maps.ports);
  program->receivers = bpf_map__fd(skeleton->maps.receivers);
  program->icmp_sockets = bpf_map__fd(skeleton->maps.icmp_sockets);

  const FileDescriptor here{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
  if (!here.is_open()) return Error::from_errno("/proc/self/ns/net");
  skeleton->links.steer = bpf_program__attach_netns(skeleton->progs.steer, here.get());
  if (skeleton->links.steer == nullptr) return refusal("cannot attach its program", errno);
  return std::unique_ptr<SkLookupRedirect>{new SkLookupRedirect{std::move(program)}};
}

Result<void> SkLookupRedirect::set_receiver(WorkerIndex worker, AddressFamily family, int socket) {
  const std::uint32_t place = receiver_of(worker, family);
  const auto value = static_cast<std::uint64_t>(socket);
  if (bpf_map_update_elem(program_->receivers, &place, &value, BPF_ANY) == 0) return {};
  return Error::from_errno("cannot steer datagrams to a socket");
}

Result<void> SkLookupRedirect::filter_errors(WorkerIndex worker, AddressFamily family, int socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) {
    return Error::from_errno("SO_COOKIE");
  }
  const std::uint32_t place = receiver_of(worker, family);
  if (bpf_map_update_elem(program_->icmp_sockets, &cookie, &place, BPF_ANY) != 0) {
    return Error::from_errno("cannot tell ICMP sockets apart");
  }
  const auto& programs = program_->skeleton->progs;
  const int filter =
      bpf_program__fd(family == AddressFamily::ipv4 ? programs.admit_icmp : programs.admit_icmpv6);
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_BPF, &filter, sizeof filter) == 0) return {};
  return Error::from_errno("cannot filter ICMP");
}

void SkLookupRedirect::redirect_port(const LeasedSocket& port, WorkerIndex worker,
                                     IcmpErrors errors) {
  const steered_port key = key_of(port.local);
  const steered_to owner{receiver_of(worker, port.local.address.family()),
                         static_cast<std::uint32_t>(bound_device(port.fd)),
                         errors == IcmpErrors::reported ? 1u : 0u};
  bpf_map_update_elem(program_->ports, &key, &owner, BPF_ANY);
}

void SkLookupRedirect::remove_port(const Endpoint& local) {
  const steered_port key = key_of(local);
  bpf_map_delete_elem(program_->ports, &key);
}

}  // namespace avedge::relay
