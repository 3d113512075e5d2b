#include "signaling-shim/ng/http_connection.h"

#include "relay/core/text.h"
#include "signaling-shim/net/http_connection.h"
#include "signaling-shim/ng/peer_name.h"
#include "signaling-shim/ng/value.h"
#include "signaling-shim/ng/websocket_connection.h"

namespace avedge::ng {
namespace {

constexpr std::uint32_t kMaxHeader = 8192;
constexpr std::string_view kNgType = "application/x-rtpengine-ng";
constexpr std::string_view kJsonType = "application/json";

/// A web page that somebody here looks at may send requests as well. It cannot choose this type of
/// content without asking first, and it must say where it comes from.
bool is_type(const net::HttpRequest& request, std::string_view type) {
  const std::string_view sent = request.header("Content-Type");
  return text::equals_ignoring_case(sent.substr(0, sent.find(';')), type);
}

bool is_cross_site(const net::HttpRequest& request) {
  const std::string_view origin = request.header("Origin");
  const std::size_t host = origin.find("://");
  if (origin.empty()) return false;
  return host == std::string_view::npos || origin.substr(host + 3) != request.header("Host");
}

class NgApplication final : public net::HttpApplication {
 public:
  NgApplication(std::string peer, ConnectionSlot slot, HttpOffer offer)
      : peer_{std::move(peer)}, slot_{std::move(slot)}, offer_{offer} {}

  void on_begin(std::function<void()> close) override { slot_.set_close(std::move(close)); }

  [[nodiscard]] bool on_request() override {
    if (slot_->handler == nullptr) return false;
    slot_.made_progress();
    return true;
  }

  [[nodiscard]] bool upgrade(boost::asio::ip::tcp::socket& socket,
                             const net::HttpRequest& request) override {
    if (!may_upgrade(request)) return false;
    serve_websocket(std::move(socket), std::move(slot_), request);
    return true;
  }

  [[nodiscard]] net::HttpResponse respond(const net::HttpRequest& request) override {
    if (request.is_upgrade) {
      const bool is_forbidden = is_cross_site(request) && offer_.websocket && can_upgrade(request);
      return is_forbidden ? refuse(403, DropReason::ng_forbidden)
                          : refuse(400, DropReason::ng_malformed);
    }
    const std::string_view target = request.target;
    if (!offer_.http) return refuse(404, DropReason::ng_malformed);
    if (target == "/ping" && request.method == "GET") return {.body = "pong\n"};
    if (target != "/ng" && target != "/ng-plain") return refuse(404, DropReason::ng_malformed);
    if (request.method != "POST") return refuse(405, DropReason::ng_malformed);
    const bool is_ng = is_type(request, kNgType);
    if (!is_ng && !(target == "/ng-plain" && is_type(request, kJsonType))) {
      return refuse(415, DropReason::ng_malformed);
    }
    if (target == "/ng-plain") {
      return {.content_type = std::string{is_ng ? kNgType : kJsonType},
              .body = slot_->handler->on_payload(request.body)};
    }
    auto reply = slot_->handler->on_message(peer_, request.body);
    if (!reply) return with_status(400);  // counted there
    return {.content_type = std::string{kNgType}, .body = *std::move(reply)};
  }

  [[nodiscard]] net::HttpResponse refuse(net::HttpError /*error*/) override {
    return refuse(400, DropReason::ng_malformed);
  }

 private:
  [[nodiscard]] bool may_upgrade(const net::HttpRequest& request) const {
    return offer_.websocket && can_upgrade(request) && !is_cross_site(request);
  }

  net::HttpResponse refuse(unsigned status, DropReason reason) {
    if (slot_->handler != nullptr) slot_->counters->drops.count(reason);
    return with_status(status);
  }

  static net::HttpResponse with_status(unsigned status) {
    return {.status = status, .body = net::http_reason(status) + "\n"};
  }

  std::string peer_;
  ConnectionSlot slot_;
  HttpOffer offer_;
};

}  // namespace

void serve_http(boost::asio::ip::tcp::socket socket, ConnectionSlot slot, HttpOffer offer) {
  // Proxies that keep a connection open open another one when it is closed.
  const net::HttpConnectionLimits limits{kMaxHeader, kMaxMessage, slot->limits.idle_timeout,
                                         slot->limits.message_timeout};
  std::string peer = peer_name("http", socket);
  net::serve_http(std::move(socket),
                  std::make_shared<NgApplication>(std::move(peer), std::move(slot), offer), limits);
}

}  // namespace avedge::ng
