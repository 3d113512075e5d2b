// Runs in the kernel, whenever it looks for the socket of a datagram that arrived (sk_lookup): what
// is for a leased port goes to the one socket of the worker that owns it. Whatever else arrives, and
// whatever goes wrong, takes the ordinary way: each leased port has a socket of its own.
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "steering_maps.h"

enum { udp = 17, ipv4 = 2, mapped_prefix = 0xffff };

// The leased ports lie between these: listeners pay for one comparison. Set before loading.
const volatile __u32 first_port = 0;
const volatile __u32 last_port = 0xffff;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1);  // set before loading
  __type(key, struct steered_port);
  __type(value, struct steered_to);
} ports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 1);  // set before loading
  __type(key, __u32);
  __type(value, __u64);
} receivers SEC(".maps");

static void copy_local_address(const struct bpf_sk_lookup *packet, struct steered_port *to) {
  if (packet->family == ipv4) {
    to->address[2] = bpf_htonl(mapped_prefix);
    to->address[3] = packet->local_ip4;
    // Otherwise clang makes one read of this and the last one below, of a computed place in
    // `packet`, which the kernel refuses.
    barrier();
  } else {
    to->address[0] = packet->local_ip6[0];
    to->address[1] = packet->local_ip6[1];
    to->address[2] = packet->local_ip6[2];
    to->address[3] = packet->local_ip6[3];
  }
}

SEC("sk_lookup")
int steer(struct bpf_sk_lookup *packet) {
  if (packet->protocol != udp) return SK_PASS;
  struct steered_port to = {.port = packet->local_port};
  if (to.port < first_port || to.port > last_port) return SK_PASS;
  copy_local_address(packet, &to);

  const struct steered_to *owner = bpf_map_lookup_elem(&ports, &to);
  if (owner == NULL) return SK_PASS;
  if (owner->device != 0 && owner->device != packet->ingress_ifindex) return SK_PASS;
  struct bpf_sock *receiver = bpf_map_lookup_elem(&receivers, &owner->receiver);
  if (receiver == NULL) return SK_PASS;
  // Fails for a socket of the other family only: then the ordinary way it is.
  bpf_sk_assign(packet, receiver, 0);
  bpf_sk_release(receiver);
  return SK_PASS;
}

// Helpers of the kernel that are not GPL's own are all it calls; the declaration is required.
const char program_license[] SEC("license") = "Apache-2.0";
