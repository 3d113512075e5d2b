// A client on UDP.
#pragma once

#include <array>

#include "bench/load/client_link.h"
#include "bench/load/load_socket.h"

namespace avedge::bench {

class DatagramLink : public ClientConnection {
 public:
  DatagramLink(LoadSocket socket, const Endpoint& server)
      : socket_{std::move(socket)}, server_{server} {}

  [[nodiscard]] int descriptor() const override { return socket_.descriptor.get(); }
  [[nodiscard]] const Endpoint& local() const override { return socket_.local; }
  [[nodiscard]] bool is_reliable() const override { return false; }
  bool send(ConstBytes message) override;
  [[nodiscard]] std::optional<ConstBytes> receive() override;

 private:
  LoadSocket socket_;
  Endpoint server_;
  std::array<std::byte, 2048> inbox_;
};

}  // namespace avedge::bench
