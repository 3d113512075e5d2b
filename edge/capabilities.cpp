#include "edge/capabilities.h"

#include <sys/capability.h>

#include <array>
#include <memory>

namespace avedge::edge {

Result<void> drop_capabilities() {
  constexpr std::array kGivenUp{CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN};
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> rights{cap_get_proc(),
                                                                             cap_free};
  if (rights == nullptr) return Error::from_errno("cannot read the process's capabilities");
  // A service that was given none may not be allowed to change them either (SystemCallFilter).
  bool has_any = false;
  for (const cap_value_t right : kGivenUp) {
    cap_flag_value_t permitted = CAP_CLEAR;
    cap_get_flag(rights.get(), right, CAP_PERMITTED, &permitted);
    has_any |= permitted == CAP_SET;
  }
  if (!has_any) return {};
  for (const cap_flag_t set : {CAP_EFFECTIVE, CAP_PERMITTED, CAP_INHERITABLE}) {
    cap_set_flag(rights.get(), set, kGivenUp.size(), kGivenUp.data(), CAP_CLEAR);
  }
  if (cap_set_proc(rights.get()) != 0) return Error::from_errno("cannot give up capabilities");
  return {};
}

}  // namespace avedge::edge
