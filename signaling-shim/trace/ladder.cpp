#include "signaling-shim/trace/ladder.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "signaling-shim/trace/media_summary.h"

namespace avedge::trace {
namespace {

enum class Side : std::uint8_t { caller, callee };

/// The party's address without its port: a connection of its own does not make it another party.
std::string_view host_of(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  const std::size_t bracket = peer.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? peer.substr(0, colon) : peer;
}

/// Who began the call: the sender of the first INVITE, or else of the first message's request.
std::string caller_tag_of(std::span<const Entry> entries) {
  const auto invite = std::find_if(entries.begin(), entries.end(), [](const Entry& entry) {
    return facts_of(entry).method == "INVITE";
  });
  return std::string{facts_of(invite == entries.end() ? entries.front() : *invite).from_tag};
}

/// From and its tag name who sent the request, in the responses to it as well. So both directions
/// together tell on which side the peer stands, whatever address it has at the moment.
Side side_of(const Entry& entry, const Facts& facts, std::string_view caller_tag) {
  const bool caller_asked = facts.from_tag == caller_tag;
  const bool peer_asked = facts.is_request() == (entry.direction == Direction::incoming);
  return caller_asked == peer_asked ? Side::caller : Side::callee;
}

struct Party {
  Side side = Side::caller;
  std::string peer;
};

class Parties {
 public:
  /// An index that stays.
  std::size_t find_or_add(Side side, const std::string& peer) {
    const auto known = std::find_if(parties_.begin(), parties_.end(), [&](const Party& party) {
      return party.side == side && host_of(party.peer) == host_of(peer);
    });
    if (known != parties_.end()) return static_cast<std::size_t>(known - parties_.begin());
    if (parties_.size() == kMostParties) return kMostParties - 1;
    parties_.push_back({side, peer});
    return parties_.size() - 1;
  }

  /// Column of each party, the callers left of the edge.
  [[nodiscard]] std::vector<std::size_t> columns() const {
    std::vector<std::size_t> columns;
    std::size_t left = 0;
    std::size_t right = edge() + 1;
    for (const Party& party : parties_) {
      columns.push_back(party.side == Side::caller ? left++ : right++);
    }
    return columns;
  }
  [[nodiscard]] std::size_t edge() const {
    return static_cast<std::size_t>(
        std::count_if(parties_.begin(), parties_.end(),
                      [](const Party& one) { return one.side == Side::caller; }));
  }
  [[nodiscard]] const std::vector<Party>& all() const { return parties_; }

 private:
  /// A drawing with more of them shows nothing.
  static constexpr std::size_t kMostParties = 16;
  std::vector<Party> parties_;
};

Tone tone_of(const Facts& facts) {
  if (facts.is_request()) return Tone::request;
  if (facts.status < 200) return Tone::provisional;
  if (facts.status < 300) return Tone::success;
  return facts.status < 400 ? Tone::redirection : Tone::failure;
}

std::string label_of(const Facts& facts) {
  const std::string method = printable(facts.method);
  if (facts.is_request()) {
    return method == "INVITE" && !facts.to_tag.empty() ? "re-INVITE" : method;
  }
  const std::string answer = std::to_string(facts.status) + ' ' + printable(facts.reason);
  return method == "INVITE" ? answer : answer + " (" + method + ")";
}

/// The edge's own addresses in order of use, of those records that tell.
std::string locals_of(std::span<const Entry> entries) {
  constexpr std::size_t kMostShown = 4;
  std::vector<std::string_view> locals;
  std::string text;
  for (const Entry& entry : entries) {
    const bool known = std::find(locals.begin(), locals.end(), entry.local) != locals.end();
    if (entry.local.empty() || known || locals.size() == kMostShown) continue;
    text += (text.empty() ? "" : ", ") + printable(entry.local);
    locals.emplace_back(entry.local);
  }
  return text;
}

std::vector<Column> columns_of(const Parties& parties, std::span<const Entry> entries) {
  std::vector<Column> columns(parties.all().size() + 1);
  const auto column = parties.columns();
  for (std::size_t i = 0; i < column.size(); ++i) {
    const Party& party = parties.all()[i];
    columns[column[i]] = {printable(party.peer), party.side == Side::caller ? "caller" : "callee"};
  }
  const std::string locals = locals_of(entries);
  columns[parties.edge()] = {locals.empty() ? "server" : "avedge", locals};
  return columns;
}

std::size_t identity_of(const Entry& entry) {
  return std::hash<std::string>{}(entry.start_line + '\n' + entry.fields + '\n' + entry.body +
                                  '\n' + entry.peer +
                                  (entry.direction == Direction::incoming ? '<' : '>'));
}

}  // namespace

Ladder lay_out(std::span<const Entry> entries) {
  const Facts first = facts_of(entries.front());
  const std::string caller_tag = caller_tag_of(entries);
  const bool caller_first = first.from_tag == caller_tag;
  Ladder ladder;
  ladder.call_id = printable(first.call_id);
  ladder.from = printable(caller_first ? first.from_uri : first.to_uri);
  ladder.to = printable(caller_first ? first.to_uri : first.from_uri);

  Parties parties;
  std::vector<std::size_t> party_of;
  for (const Entry& entry : entries) {
    party_of.push_back(
        parties.find_or_add(side_of(entry, facts_of(entry), caller_tag), entry.peer));
  }
  ladder.columns = columns_of(parties, entries);
  ladder.edge = parties.edge();

  const auto column = parties.columns();
  std::set<std::size_t> seen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const Facts facts = facts_of(entry);
    const std::size_t party = column[party_of[i]];
    const bool incoming = entry.direction == Direction::incoming;
    ladder.arrows.push_back({entry.time, incoming ? party : parties.edge(),
                             incoming ? parties.edge() : party, label_of(facts),
                             printable(media_summary(entry.body)), tone_of(facts),
                             !seen.insert(identity_of(entry)).second});
  }
  return ladder;
}

std::string printable(std::string_view text) {
  std::string shown{text};
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return shown;
}

std::string shortened(std::string text, std::size_t size) {
  if (text.size() <= size) return text;
  return text.substr(0, size - 3) + "...";
}

std::string time_of_day(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss parts{std::chrono::floor<std::chrono::milliseconds>(time - day)};
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%03d",
                static_cast<int>(parts.hours().count()), static_cast<int>(parts.minutes().count()),
                static_cast<int>(parts.seconds().count()),
                static_cast<int>(parts.subseconds().count()));
  return text.data();
}

std::string date_of(WallTime time) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

}  // namespace avedge::trace
