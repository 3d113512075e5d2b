#include "signaling-shim/trace/ladder_text.h"

#include <algorithm>

namespace avedge::trace {
namespace {

constexpr std::string_view kLifeline = "│";
constexpr std::string_view kShaft = "─";
constexpr std::string_view kRight = "▶";
constexpr std::string_view kLeft = "◀";

/// Room for "06:31:07.123  ".
constexpr std::size_t kTimeWidth = 14;
/// Between two lifelines.
constexpr std::size_t kNarrowest = 22;
constexpr std::size_t kWidest = 46;
/// Shaft and head around a label.
constexpr std::size_t kAroundLabel = 6;

/// One line of the drawing, of cells that hold one character each.
class Line {
 public:
  explicit Line(std::size_t width) : cells_(width, " ") {}

  void put(std::size_t at, std::string_view one_character) { cells_[at] = one_character; }
  /// ASCII.
  void put_text(std::size_t at, std::string_view text) {
    for (std::size_t i = 0; i < text.size() && at + i < cells_.size(); ++i) {
      cells_[at + i] = text.substr(i, 1);
    }
  }
  [[nodiscard]] std::string finish(const std::string& behind = {}) const {
    std::string text;
    for (const std::string& cell : cells_) text += cell;
    text += behind;
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
  }

 private:
  std::vector<std::string> cells_;
};

class Drawing {
 public:
  explicit Drawing(const Ladder& ladder) : ladder_{ladder}, gap_{gap_of(ladder)} {}

  std::string draw() const {
    std::string text = facts() + '\n' + heading();
    for (const Arrow& arrow : ladder_.arrows) text += row(arrow);
    return text;
  }

 private:
  /// Wide enough for the longest label and for titles side by side, within reason.
  static std::size_t gap_of(const Ladder& ladder) {
    std::size_t gap = kNarrowest;
    for (const Arrow& arrow : ladder.arrows) {
      gap = std::max(gap, arrow.full_label().size() + kAroundLabel);
    }
    for (const Column& column : ladder.columns) gap = std::max(gap, column.title.size() + 2);
    return std::min(gap, kWidest);
  }

  [[nodiscard]] std::string title(std::size_t column) const {
    return shortened(ladder_.columns[column].title, gap_);
  }
  /// The first and the last have half their titles beside them.
  [[nodiscard]] std::size_t lifeline(std::size_t column) const {
    return kTimeWidth + title(0).size() / 2 + column * (gap_ + 1);
  }
  [[nodiscard]] std::size_t width() const {
    const std::size_t last = ladder_.columns.size() - 1;
    return lifeline(last) + title(last).size() / 2 + 3;
  }

  [[nodiscard]] std::string facts() const {
    const WallTime begin = ladder_.arrows.front().time;
    return "Call-ID  " + ladder_.call_id + "\nFrom     " + ladder_.from + "\nTo       " +
           ladder_.to + "\nTime     " + date_of(begin) + ' ' + time_of_day(begin) + " UTC, " +
           std::to_string(ladder_.arrows.size()) + " messages\n";
  }

  [[nodiscard]] std::string heading() const {
    Line titles{width()};
    Line notes{width()};
    Line lifelines = empty_row();
    for (std::size_t i = 0; i < ladder_.columns.size(); ++i) {
      const std::string& note = ladder_.columns[i].note;
      titles.put_text(lifeline(i) - title(i).size() / 2, title(i));
      // The edge has an address on each side, which is more than fits.
      if (i != ladder_.edge) notes.put_text(lifeline(i) - note.size() / 2, note);
    }
    return titles.finish() + notes.finish() + lifelines.finish();
  }

  [[nodiscard]] Line empty_row() const {
    Line line{width()};
    for (std::size_t i = 0; i < ladder_.columns.size(); ++i) line.put(lifeline(i), kLifeline);
    return line;
  }

  [[nodiscard]] std::string row(const Arrow& arrow) const {
    Line line = empty_row();
    line.put_text(0, time_of_day(arrow.time));
    const std::size_t left = lifeline(std::min(arrow.from, arrow.to));
    const std::size_t right = lifeline(std::max(arrow.from, arrow.to));
    for (std::size_t at = left + 1; at < right; ++at) line.put(at, kShaft);
    const bool rightwards = arrow.to > arrow.from;
    line.put(rightwards ? right - 1 : left + 1, rightwards ? kRight : kLeft);
    const std::string label = ' ' + shortened(arrow.full_label(), gap_ - kAroundLabel) + ' ';
    // Beside the edge, so that lifelines between it and a party further out stay clear.
    const bool on_the_right = right > lifeline(ladder_.edge);
    const std::size_t middle =
        on_the_right ? lifeline(ladder_.edge) + gap_ / 2 + 1 : lifeline(ladder_.edge) - gap_ / 2;
    line.put_text(middle - label.size() / 2, label);
    return line.finish(arrow.media);
  }

  const Ladder& ladder_;
  std::size_t gap_;
};

}  // namespace

std::string ladder_as_text(const Ladder& ladder) {
  return Drawing{ladder}.draw();
}

}  // namespace avedge::trace
