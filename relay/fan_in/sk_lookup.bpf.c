// The programs of fan-in that run in the kernel. One steers what arrives for leased ports to the one
// socket of the worker that owns them; the other one keeps from the workers' ICMP sockets what is
// not about ports of theirs. Whatever else arrives, and whatever goes wrong, takes the ordinary way:
// each leased port has a socket of its own.
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "sk_lookup_maps.h"

enum { udp = 17, ipv4 = 2, mapped_prefix = 0xffff };
enum { discard = 0, keep_whole = 0xffff };

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

// By the cookie of an ICMP socket: the receiver whose ports it is about.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);  // set before loading
  __type(key, __u64);
  __type(value, __u32);
} icmp_sockets SEC(".maps");

static void map_ipv4(__u32 address, struct steered_port *to) {
  to->address[2] = bpf_htonl(mapped_prefix);
  to->address[3] = address;
}

static void copy_local_address(const struct bpf_sk_lookup *packet, struct steered_port *to) {
  if (packet->family == ipv4) {
    map_ipv4(packet->local_ip4, to);
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

// Whenever the kernel looks for the socket of a datagram.
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
  // Refused if another program of this kind has chosen a socket before: that one is right then.
  bpf_sk_assign(packet, receiver, 0);
  bpf_sk_release(receiver);
  return SK_PASS;
}

// Whether an ICMP error that quotes a datagram from there is for this ICMP socket.
static int judge_error(struct __sk_buff *error, struct steered_port *from, __u32 ports_at) {
  __be16 port;
  if (bpf_skb_load_bytes(error, ports_at, &port, sizeof port) < 0) return discard;
  from->port = bpf_ntohs(port);
  const struct steered_to *owner = bpf_map_lookup_elem(&ports, from);
  if (owner == NULL || !owner->hears_errors) return discard;
  if (owner->device != 0 && owner->device != error->ifindex) return discard;
  __u64 cookie = bpf_get_socket_cookie(error);
  const __u32 *receiver = bpf_map_lookup_elem(&icmp_sockets, &cookie);
  return receiver != NULL && *receiver == owner->receiver ? keep_whole : discard;
}

static __u32 ipv4_header_size(__u8 version_and_size) {
  return (version_and_size & 0x0f) * 4;
}

// What a raw ICMP socket is about to receive: an IPv4 packet. Which errors there are is the user
// side's knowledge (icmp_quote); here it is enough that a datagram of ours is quoted.
SEC("socket")
int admit_icmp(struct __sk_buff *error) {
  __u8 first;
  if (bpf_skb_load_bytes(error, 0, &first, sizeof first) < 0) return discard;
  __u32 quoted = ipv4_header_size(first) + 8;
  __u8 ip[20];
  if (bpf_skb_load_bytes(error, quoted, ip, sizeof ip) < 0 || ip[9] != udp) return discard;
  struct steered_port from = {};
  __u32 source;
  __builtin_memcpy(&source, &ip[12], sizeof source);
  map_ipv4(source, &from);
  return judge_error(error, &from, quoted + ipv4_header_size(ip[0]));
}

// The same of a raw ICMPv6 socket: the message alone.
SEC("socket")
int admit_icmpv6(struct __sk_buff *error) {
  enum { quoted = 8, header = 40, next_header_at = 6, source_at = 8, fragment = 44 };
  __u8 next_header;
  __u32 ports_at = quoted + header;
  if (bpf_skb_load_bytes(error, quoted + next_header_at, &next_header, 1) < 0) return discard;
  if (next_header == fragment) {
    if (bpf_skb_load_bytes(error, ports_at, &next_header, 1) < 0) return discard;
    ports_at += 8;
  }
  if (next_header != udp) return discard;
  struct steered_port from = {};
  if (bpf_skb_load_bytes(error, quoted + source_at, from.address, 16) < 0) return discard;
  return judge_error(error, &from, ports_at);
}

// Helpers of the kernel that are not GPL's own are all it calls; the declaration is required.
const char program_license[] SEC("license") = "Apache-2.0";
