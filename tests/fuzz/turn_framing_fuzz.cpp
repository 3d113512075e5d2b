// Any bytes: what the forwarding loop takes apart stays within them, and survives being framed
// again for the other side.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "relay/core/turn_framing.h"

namespace {

using namespace avedge;

void check_channel_data(ConstBytes datagram) {
  const auto view = parse_channel_data(datagram);
  if (!view) return;
  std::vector<std::byte> framed(kChannelDataHeaderSize + view->payload.size());
  write_channel_data_header(framed.data(), view->channel, view->payload.size());
  const auto again = parse_channel_data(framed);
  if (!again || again->channel != view->channel || again->payload.size() != view->payload.size()) {
    std::abort();
  }
}

void check_send_indication(ConstBytes datagram) {
  const auto view = parse_send_indication(datagram);
  if (!view) return;
  if (view->data.data() + view->data.size() > datagram.data() + datagram.size()) std::abort();
  const std::size_t header = data_indication_header_size(view->peer.address.family());
  if (view->data.size() > kMaxDataIndicationPayload) std::abort();
  std::vector<std::byte> framed(header + view->data.size() + padding_of(view->data.size()));
  write_data_indication_header(Bytes{framed}.first(header), {}, view->peer, view->data.size());
  framed[1] = std::byte{0x16};  // a Data indication is a Send indication but for its type
  const auto again = parse_send_indication(framed);
  if (!again || again->peer != view->peer || again->data.size() != view->data.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ConstBytes datagram = std::as_bytes(std::span{data, size});
  if (!datagram.empty()) static_cast<void>(classify(datagram.front()));
  check_channel_data(datagram);
  check_send_indication(datagram);
  return 0;
}
