#include "relay/fan_in/steering.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

#include "relay/fan_in/steering_maps.h"
#include "relay/file_descriptor.h"
#include "steering_program.skel.h"

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

/// Index of the device that the ports of `local` are bound to; 0: none, or it is gone.
std::uint32_t device_of(const std::vector<RelayRange>& ranges, const Endpoint& local) {
  const auto range = std::find_if(ranges.begin(), ranges.end(), [&](const RelayRange& candidate) {
    return candidate.local == local.address && candidate.first <= local.port &&
           local.port <= candidate.last;
  });
  if (range == ranges.end() || range->device.empty()) return 0;
  return if_nametoindex(range->device.c_str());
}

std::uint32_t total_ports(const std::vector<RelayRange>& ranges) {
  std::uint32_t total = 0;
  for (const RelayRange& range : ranges) {
    total += static_cast<std::uint32_t>(range.last.number() - range.first.number()) + 1;
  }
  return total;
}

}  // namespace

struct Steering::Program {
  explicit Program(steering_program* opened) : skeleton{opened} {}
  ~Program() { steering_program__destroy(skeleton); }
  steering_program* skeleton;
  int ports = -1;  // maps, owned by the skeleton
  int receivers = -1;
};

Steering::Steering(std::unique_ptr<Program> program, const std::vector<RelayRange>& ranges)
    : program_{std::move(program)}, ranges_{ranges} {}

Steering::~Steering() = default;

Result<std::unique_ptr<Steering>> Steering::open(const std::vector<RelayRange>& ranges,
                                                 std::size_t workers) {
  libbpf_set_print(nullptr);
  steering_program* const skeleton = steering_program__open();
  if (skeleton == nullptr)
    return Error::from_errno("ingress = \"fan-in\": cannot read its program");
  auto program = std::make_unique<Program>(skeleton);

  Port first{0xffff};
  Port last;
  for (const RelayRange& range : ranges) {
    first = std::min(first, range.first);
    last = std::max(last, range.last);
  }
  skeleton->rodata->first_port = first.number();
  skeleton->rodata->last_port = last.number();
  bpf_map__set_max_entries(skeleton->maps.ports, std::max(total_ports(ranges), 1u));
  bpf_map__set_max_entries(skeleton->maps.receivers,
                           kFamilies * static_cast<std::uint32_t>(workers));
  if (const int failed = steering_program__load(skeleton); failed != 0) {
    return Error::from_errno(
        "ingress = \"fan-in\": cannot load its program (it takes CAP_BPF and CAP_NET_ADMIN)",
        -failed);
  }
  program->ports = bpf_map__fd(skeleton->maps.ports);
  program->receivers = bpf_map__fd(skeleton->maps.receivers);

  const FileDescriptor here{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
  if (!here.is_open()) return Error::from_errno("/proc/self/ns/net");
  skeleton->links.steer = bpf_program__attach_netns(skeleton->progs.steer, here.get());
  if (skeleton->links.steer == nullptr) {
    return Error::from_errno(
        "ingress = \"fan-in\": cannot attach its program (it takes CAP_NET_ADMIN)");
  }
  return std::unique_ptr<Steering>{new Steering{std::move(program), ranges}};
}

Result<void> Steering::set_receiver(WorkerIndex worker, AddressFamily family, int socket) {
  const std::uint32_t place = receiver_of(worker, family);
  const auto value = static_cast<std::uint64_t>(socket);
  if (bpf_map_update_elem(program_->receivers, &place, &value, BPF_ANY) == 0) return {};
  return Error::from_errno("cannot steer datagrams to a socket");
}

void Steering::steer(const Endpoint& local, WorkerIndex worker) {
  const steered_port key = key_of(local);
  const steered_to owner{receiver_of(worker, local.address.family()), device_of(ranges_, local)};
  bpf_map_update_elem(program_->ports, &key, &owner, BPF_ANY);
}

void Steering::leave(const Endpoint& local) {
  const steered_port key = key_of(local);
  bpf_map_delete_elem(program_->ports, &key);
}

}  // namespace avedge::relay
