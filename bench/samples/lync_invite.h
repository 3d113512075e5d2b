// An INVITE as Lync and Skype send it: two descriptions in one body, a dozen headers of their own.
#pragma once

#include <string>

namespace avedge::bench {

/// The `number`-th call of alice@outside.example with bob@inside.example: each is a call of its
/// own.
[[nodiscard]] std::string lync_invite(unsigned number);

/// The description for clients of today, with CRLF: every kind of candidate, SRTP optional.
[[nodiscard]] std::string skype_offer();

}  // namespace avedge::bench
