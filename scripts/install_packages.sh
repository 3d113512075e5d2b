#!/usr/bin/env bash
# Installs the Debian packages that are missing, and nothing when none is.
#   scripts/install_packages.sh build            what ./run needs
#   scripts/install_packages.sh build test       what ./check needs
set -euo pipefail

build_packages=(
  cmake ninja-build g++ pkg-config
  ccache               # building the same source again takes seconds
  git                  # the commit in avedge_build_info
  libssl-dev           # TLS, DTLS, HMAC
  libboost-dev         # Asio: signalling, admin socket, HTTP
  libsrtp2-dev         # SRTP
  clang bpftool libbpf-dev  # the program of fan-in, which runs in the kernel
  libcap-dev           # drops the capabilities that only the start requires
  libmnl-dev           # routes and neighbours, by netlink
  libc-ares-dev        # DNS: where SIP's next hops are
  libspdlog-dev        # logs
  libcli11-dev         # command line
  libtomlplusplus-dev  # configuration
  nlohmann-json3-dev   # admin socket, JSON logs
  prometheus-cpp-dev   # /metrics
)

test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev
  libclang-rt-14-dev clang-format  # fuzz targets, format
  libnice-dev          # an ICE agent as the other party
  coturn               # turnutils_uclient and turnutils_peer
  sip-tester           # SIPp
  baresip-core         # a real phone with SRTP and ICE
  sngrep tshark        # take what the trace sends to a collector, and read it
  kamailio kamailio-lwsc-modules         # a proxy that drives the edge by ng, also over WebSocket
  prometheus           # scrapes the edge; promtool
  python3 python3-pytest python3-yaml    # the integration tests
  openssl              # certificates of the tests, old versions of TLS and DTLS
  chromium libnss3-tools                 # a browser as TURN client, and the certificates it trusts
  python3-aioice       # a second client stack
  python3-cryptography # access tokens of RFC 7635 (AES-GCM)
  iproute2 procps util-linux ethtool     # namespaces and what lives in them
  curl                 # one of the commands that avedge prints
  systemd              # systemd-analyze verify
  valgrind             # counts the instructions of the packet path
  shellcheck           # these scripts
)

wanted=()
for group in "$@"; do
  case $group in
    build) wanted+=("${build_packages[@]}") ;;
    test) wanted+=("${test_packages[@]}") ;;
    *) echo "usage: $0 [build] [test]" >&2; exit 2 ;;
  esac
done

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

if ! command -v apt-get >/dev/null; then
  echo "This needs Debian 12 or a relative with apt-get; missing packages: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null || ! sudo -v; then
    echo "Please run this once as root or with sudo: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

# coturn, kamailio and prometheus bring services that would start at once and take ports that avedge wants. A
# policy of our own keeps every service off while we install; one that stands there already stays.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi
# The policy keeps them from starting now; this keeps them from starting with the machine.
services=()
for package in coturn kamailio prometheus prometheus-node-exporter; do
  is_installed "$package" || services+=("$package.service")
done

echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null
if command -v systemctl >/dev/null && ((${#services[@]} > 0)); then
  for service in "${services[@]}"; do
    "${as_root[@]}" systemctl --quiet disable "$service" 2>/dev/null || true
  done
fi
