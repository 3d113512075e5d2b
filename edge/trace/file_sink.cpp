#include "edge/trace/file_sink.h"

#include <unistd.h>

#include "signaling-shim/trace/record_writer.h"

namespace avedge::edge {

Result<void> FileSink::write(const trace::Message& message) {
  const trace::Author author{static_cast<std::uint32_t>(::getpid()),
                             static_cast<std::uint32_t>(::gettid())};
  return file_.append(trace::record_of(message, author, ++records_));
}

}  // namespace avedge::edge
