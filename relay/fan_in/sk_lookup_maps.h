/* What the programs of fan-in in the kernel and their loader tell each other. C, for both. */
#pragma once

#include <linux/types.h>

/* A leased port. */
struct steered_port {
  __u32 address[4]; /* network order; IPv4 mapped into IPv6 (RFC 4291 section 2.5.5.2) */
  __u32 port;       /* host order */
};

/* Whose it is. */
struct steered_to {
  __u32 receiver;     /* a place among the receiving sockets */
  __u32 device;       /* index of the only device that counts; 0: any */
  __u32 hears_errors; /* 1: ICMP errors about what it sent are wanted */
};
