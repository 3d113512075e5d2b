// The trace file: each message a record in the form of signaling-shim/trace/record_form.h.
#pragma once

#include "edge/trace/rotating_file.h"
#include "edge/trace/sink.h"

namespace avedge::edge {

class FileSink final : public Sink {
 public:
  explicit FileSink(RotatingFile file) : file_{std::move(file)} {}
  [[nodiscard]] SinkKind kind() const override { return SinkKind::file; }
  [[nodiscard]] Result<void> write(const trace::Message& message) override;

 private:
  RotatingFile file_;
  std::uint32_t records_ = 0;
};

}  // namespace avedge::edge
