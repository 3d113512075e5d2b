// The sk_lookup program, run by BPF_PROG_TEST_RUN in a network namespace of the test's own, with
// its maps filled by SkLookupRedirect.
#include "relay/fan_in/sk_lookup_redirect.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "relay/flows/socket_table.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

constexpr std::uint16_t kFirst = 50000;
constexpr std::uint16_t kLast = 50099;
constexpr std::uint16_t kPort = 50010;
constexpr WorkerIndex kOwner{1};

IpAddress ipv4() {
  return Endpoint::parse("127.0.0.1:0")->address;
}
IpAddress ipv6() {
  return Endpoint::parse("[::1]:0")->address;
}

std::uint64_t cookie_of(const FileDescriptor& socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  EXPECT_EQ(getsockopt(socket.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

bool raise_loopback() {
  const FileDescriptor any{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  return ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
}

/// What the kernel would look a socket up for. It arrives from no device: BPF_PROG_TEST_RUN refuses
/// another ingress_ifindex than 0.
struct Lookup {
  IpAddress local;
  std::uint16_t port = kPort;
  std::uint32_t protocol = IPPROTO_UDP;
};

constexpr auto kReported = SkLookupRedirect::IcmpErrors::reported;

class SkLookupRedirectTest : public testing::Test {
 protected:
  void SetUp() override {
    if (unshare(CLONE_NEWNET) != 0 || !raise_loopback()) {
      GTEST_SKIP() << "requires CAP_SYS_ADMIN, for a network namespace";
    }
    auto opened =
        SkLookupRedirect::open({{"any", ipv4(), ipv4(), "", Port{kFirst}, Port{kLast}}}, 2);
    ASSERT_TRUE(opened) << opened.reason().message();
    redirect_ = std::move(opened).value();
    program_ = FileDescriptor{bpf_prog_get_fd_by_id(attached_program())};
    ASSERT_TRUE(program_.is_open());
    for (const auto& address : {ipv4(), ipv6()}) {
      for (std::uint32_t worker = 0; worker < 2; ++worker) {
        const FileDescriptor& receiver = receiver_of(WorkerIndex(worker), address.family()) =
            open_udp({address, Port{}}, {}).value();
        ASSERT_TRUE(redirect_->set_receiver(WorkerIndex(worker), address.family(), receiver.get()));
      }
    }
  }

  FileDescriptor& receiver_of(WorkerIndex worker, AddressFamily family) {
    return receivers_[static_cast<std::size_t>(worker)][family == AddressFamily::ipv4 ? 0 : 1];
  }

  /// The socket of a leased port.
  static LeasedSocket leased(const IpAddress& address, const std::string& device = "") {
    LeasedSocket port;
    port.local = {address, Port{kPort}};
    port.fd = open_udp(port.local, {.device = device}).value();
    return port;
  }

  /// The cookie of the socket that the program selects; 0: none, the ordinary lookup goes on.
  [[nodiscard]] std::uint64_t selected(const Lookup& lookup) const {
    bpf_sk_lookup context{};
    const ConstBytes local = lookup.local.bytes();
    if (lookup.local.is_v4()) {
      context.family = AF_INET;
      std::memcpy(&context.local_ip4, local.data(), local.size());
    } else {
      context.family = AF_INET6;
      std::memcpy(context.local_ip6, local.data(), local.size());
    }
    context.protocol = lookup.protocol;
    context.local_port = lookup.port;
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.ctx_in = options.ctx_out = &context;
    options.ctx_size_in = options.ctx_size_out = sizeof context;
    EXPECT_EQ(bpf_prog_test_run_opts(program_.get(), &options), 0) << std::strerror(errno);
    EXPECT_EQ(options.retval, static_cast<std::uint32_t>(SK_PASS)) << "a lookup was refused";
    return context.cookie;
  }

  std::unique_ptr<SkLookupRedirect> redirect_;

 private:
  static std::uint32_t attached_program() {
    const FileDescriptor here{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    std::uint32_t id = 0;
    std::uint32_t count = 1;
    EXPECT_EQ(bpf_prog_query(here.get(), BPF_SK_LOOKUP, 0, nullptr, &id, &count), 0);
    EXPECT_EQ(count, 1u);
    return id;
  }

  FileDescriptor program_;
  FileDescriptor receivers_[2][2];  // by worker and family
};

TEST_F(SkLookupRedirectTest, SelectsTheOwnersReceiverOfThatFamily) {
  const LeasedSocket v4 = leased(ipv4());
  const LeasedSocket v6 = leased(ipv6());
  redirect_->redirect_port(v4, kOwner, kReported);
  redirect_->redirect_port(v6, kOwner, kReported);
  EXPECT_EQ(selected({ipv4()}), cookie_of(receiver_of(kOwner, AddressFamily::ipv4)));
  EXPECT_EQ(selected({ipv6()}), cookie_of(receiver_of(kOwner, AddressFamily::ipv6)));
}

TEST_F(SkLookupRedirectTest, FollowsAPortToAnotherWorker) {
  const LeasedSocket port = leased(ipv4());
  redirect_->redirect_port(port, kOwner, kReported);
  redirect_->redirect_port(port, WorkerIndex{0}, kReported);
  EXPECT_EQ(selected({ipv4()}), cookie_of(receiver_of(WorkerIndex{0}, AddressFamily::ipv4)));
}

TEST_F(SkLookupRedirectTest, LeavesAPortThatIsNotLeasedToTheKernel) {
  redirect_->redirect_port(leased(ipv4()), kOwner, kReported);
  for (const std::uint16_t port : {kFirst, kLast, std::uint16_t{kPort + 1}}) {
    EXPECT_EQ(selected({ipv4(), port}), 0u) << port;
  }
  EXPECT_EQ(selected({ipv6()}), 0u) << "the same port of another address";
}

TEST_F(SkLookupRedirectTest, LeavesARemovedPortToTheKernel) {
  const LeasedSocket port = leased(ipv4());
  redirect_->redirect_port(port, kOwner, kReported);
  redirect_->remove_port(port.local);
  EXPECT_EQ(selected({ipv4()}), 0u);
}

TEST_F(SkLookupRedirectTest, LeavesTcpToTheKernel) {
  redirect_->redirect_port(leased(ipv4()), kOwner, kReported);
  EXPECT_EQ(selected({.local = ipv4(), .protocol = IPPROTO_TCP}), 0u);
}

TEST_F(SkLookupRedirectTest, ComparesTheDeviceOfAPortThatIsBoundToOne) {
  const LeasedSocket port = leased(ipv4(), "lo");
  redirect_->redirect_port(port, kOwner, kReported);
  EXPECT_EQ(selected({ipv4()}), 0u);
}

TEST_F(SkLookupRedirectTest, LeavesAPortToTheKernelWhoseWorkerHasNoReceiver) {
  redirect_->redirect_port(leased(ipv4()), WorkerIndex{5}, kReported);
  EXPECT_EQ(selected({ipv4()}), 0u);
}

}  // namespace
}  // namespace avedge::relay
