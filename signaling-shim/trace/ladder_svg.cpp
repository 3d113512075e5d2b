#include "signaling-shim/trace/ladder_svg.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace avedge::trace {
namespace {

// Pixels.
constexpr int kTimeWidth = 116;
constexpr int kHeadTop = 104;
constexpr int kHeadHeight = 48;
constexpr int kRowHeight = 46;
constexpr int kMargin = 28;
constexpr int kNarrowestGap = 230;
constexpr int kWidestGap = 430;
// What a character takes at the sizes below, a little more than most do.
constexpr double kLabelCharacter = 7.6;
constexpr double kMediaCharacter = 6.7;

constexpr std::string_view kStyle = R"(
    text { font-family: "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
    .mono { font-family: "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace; }
    .title { font-size: 19px; font-weight: 600; fill: #16202c; }
    .about { font-size: 12px; fill: #5d6b7a; }
    .party { font-size: 13px; font-weight: 600; fill: #16202c; }
    .note { font-size: 11px; fill: #5d6b7a; }
    .edge .party { fill: #ffffff; }
    .edge .note { fill: #d3e2f4; }
    .box { fill: #eef2f6; stroke: #c4ced8; }
    .edge .box { fill: #1f4e83; stroke: #1f4e83; }
    .lifeline { stroke: #c4ced8; stroke-width: 1.5; }
    .edge-line { stroke: #7f9fc4; stroke-width: 3; }
    .band { fill: #f6f8fa; }
    .clear { fill: #ffffff; }
    .time { font-size: 11.5px; fill: #7a8794; }
    .media { font-size: 11px; fill: #5d6b7a; }
    .label { font-size: 13px; font-weight: 600; }
    .shaft { stroke-width: 1.8; }
    .repeated .shaft { stroke-dasharray: 5 4; }
    .repeated .label { font-weight: 400; }
)";

std::string_view colour_of(Tone tone) {
  switch (tone) {
    case Tone::request: return "#1d5fb4";
    case Tone::provisional: return "#6b7885";
    case Tone::success: return "#1b7f43";
    case Tone::redirection: return "#a35b00";
    case Tone::failure: return "#c02a2a";
  }
  return "#000000";
}

/// For text and for attributes. The layout has left printable ASCII only.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      case '\'': safe += "&#39;"; break;
      default: safe += c;
    }
  }
  return safe;
}

enum class Anchor : std::uint8_t { start, middle };

class Drawing {
 public:
  explicit Drawing(const Ladder& ladder) : ladder_{ladder}, gap_{gap_of(ladder)} {}

  std::string draw() {
    open();
    about();
    for (std::size_t i = 0; i < ladder_.arrows.size(); ++i) band(i);
    for (std::size_t i = 0; i < ladder_.columns.size(); ++i) lifeline(i);
    for (std::size_t i = 0; i < ladder_.arrows.size(); ++i) row(i);
    return svg_ + "</svg>\n";
  }

 private:
  static int gap_of(const Ladder& ladder) {
    double gap = kNarrowestGap;
    for (const Arrow& arrow : ladder.arrows) {
      gap = std::max(gap, kLabelCharacter * static_cast<double>(arrow.full_label().size()) + 50);
      gap = std::max(gap, kMediaCharacter * static_cast<double>(arrow.media.size()) + 36);
    }
    for (const Column& column : ladder.columns) {
      gap = std::max(gap, kLabelCharacter * static_cast<double>(column.title.size()) + 50);
      gap = std::max(gap, kMediaCharacter * static_cast<double>(column.note.size()) + 50);
    }
    return static_cast<int>(std::min<double>(gap, kWidestGap));
  }

  [[nodiscard]] int x_of(std::size_t column) const {
    return kTimeWidth + kMargin + gap_ / 2 - 20 + static_cast<int>(column) * gap_;
  }
  [[nodiscard]] static int y_of(std::size_t arrow) {
    return kHeadTop + kHeadHeight + 36 + static_cast<int>(arrow) * kRowHeight;
  }
  [[nodiscard]] int width() const {
    return x_of(ladder_.columns.size() - 1) + gap_ / 2 - 20 + kMargin;
  }
  [[nodiscard]] int bottom() const { return y_of(ladder_.arrows.size()) - 8; }
  [[nodiscard]] bool is_edge(std::size_t column) const { return column == ladder_.edge; }

  void open() {
    const std::string size =
        std::to_string(width()) + "\" height=\"" + std::to_string(bottom() + 12);
    svg_ =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
        "width=\"" +
        size + "\" viewBox=\"0 0 " + std::to_string(width()) + ' ' + std::to_string(bottom() + 12) +
        "\">\n<title>" + escaped("Call " + ladder_.call_id) + "</title>\n<style>" +
        std::string{kStyle} + "</style>\n<rect class=\"clear\" width=\"100%\" height=\"100%\"/>\n";
  }

  void about() {
    const WallTime begin = ladder_.arrows.front().time;
    const auto lasted = std::chrono::duration<double>(ladder_.arrows.back().time - begin).count();
    std::array<char, 48> seconds;
    std::snprintf(seconds.data(), seconds.size(), "%.3f", lasted);
    text(kMargin, 40, "title", Anchor::start,
         shortened(ladder_.from, 60) + "  \xE2\x86\x92  " + shortened(ladder_.to, 60));
    text(kMargin, 62, "about mono", Anchor::start, shortened("Call-ID " + ladder_.call_id, 120));
    text(kMargin, 81, "about", Anchor::start,
         date_of(begin) + ' ' + time_of_day(begin) + " UTC, " +
             std::to_string(ladder_.arrows.size()) + " messages in " + seconds.data() + " s");
  }

  void lifeline(std::size_t column) {
    const Column& party = ladder_.columns[column];
    const int x = x_of(column);
    const int half = (gap_ - 34) / 2;
    svg_ += std::string{"<line class=\"lifeline"} + (is_edge(column) ? " edge-line" : "") +
            "\" x1=\"" + std::to_string(x) + "\" y1=\"" + std::to_string(kHeadTop + kHeadHeight) +
            "\" x2=\"" + std::to_string(x) + "\" y2=\"" + std::to_string(bottom()) + "\"/>\n";
    svg_ += std::string{"<g"} + (is_edge(column) ? " class=\"edge\"" : "") + ">";
    rectangle("box", x - half, kHeadTop, 2 * half, kHeadHeight, 7);
    text(x, kHeadTop + (party.note.empty() ? 29 : 21), "party", Anchor::middle,
         shortened(party.title, characters(kLabelCharacter)));
    text(x, kHeadTop + 37, "note", Anchor::middle,
         shortened(party.note, characters(kMediaCharacter)));
    svg_ += "</g>\n";
  }

  void band(std::size_t index) {
    if (index % 2 == 0) return;
    rectangle("band", kMargin / 2, y_of(index) - 24, width() - kMargin, kRowHeight, 4);
    svg_ += '\n';
  }

  void row(std::size_t index) {
    const Arrow& arrow = ladder_.arrows[index];
    const int y = y_of(index);
    svg_ += std::string{"<g class=\"row"} + (arrow.is_repeated ? " repeated" : "") + "\"><title>" +
            escaped(arrow.full_label() + (arrow.media.empty() ? "" : "\n" + arrow.media)) +
            "</title>";
    text(kMargin, y + 4, "time mono", Anchor::start, time_of_day(arrow.time));
    shaft(arrow, y);
    // Beside the edge, so that lifelines between it and a party further out stay clear.
    const bool on_the_right = std::max(arrow.from, arrow.to) > ladder_.edge;
    const int middle = x_of(ladder_.edge) + (on_the_right ? gap_ : -gap_) / 2;
    text(middle, y - 6, "label", Anchor::middle,
         shortened(arrow.full_label(), characters(kLabelCharacter)), colour_of(arrow.tone));
    text(middle, y + 14, "media mono", Anchor::middle,
         shortened(arrow.media, characters(kMediaCharacter)));
    svg_ += "</g>\n";
  }

  void shaft(const Arrow& arrow, int y) {
    const int towards = arrow.to > arrow.from ? 1 : -1;
    const int from = x_of(arrow.from) + 3 * towards;
    const int to = x_of(arrow.to) - 3 * towards;
    const std::string colour{colour_of(arrow.tone)};
    const std::string height = std::to_string(y);
    svg_ += "<line class=\"shaft\" stroke=\"" + colour + "\" x1=\"" + std::to_string(from) +
            "\" y1=\"" + height + "\" x2=\"" + std::to_string(to - 8 * towards) + "\" y2=\"" +
            height + "\"/><polygon fill=\"" + colour + "\" points=\"" + std::to_string(to) + ',' +
            height + ' ' + std::to_string(to - 11 * towards) + ',' + std::to_string(y - 5) + ' ' +
            std::to_string(to - 11 * towards) + ',' + std::to_string(y + 5) + "\"/>";
  }

  /// How many fit between two lifelines.
  [[nodiscard]] std::size_t characters(double width_of_one) const {
    return static_cast<std::size_t>((gap_ - 30) / width_of_one);
  }

  void rectangle(std::string_view style, int x, int y, int width, int height, int radius) {
    svg_ += "<rect class=\"" + std::string{style} + "\" x=\"" + std::to_string(x) + "\" y=\"" +
            std::to_string(y) + "\" width=\"" + std::to_string(width) + "\" height=\"" +
            std::to_string(height) + "\" rx=\"" + std::to_string(radius) + "\"/>";
  }

  void text(int x, int y, std::string_view style, Anchor anchor, std::string_view content,
            std::string_view colour = {}) {
    if (content.empty()) return;
    svg_ += "<text class=\"" + std::string{style} + "\" x=\"" + std::to_string(x) + "\" y=\"" +
            std::to_string(y) + '"';
    if (anchor == Anchor::middle) svg_ += " text-anchor=\"middle\"";
    if (!colour.empty()) svg_ += " fill=\"" + std::string{colour} + '"';
    svg_ += ">" + escaped(content) + "</text>";
  }

  const Ladder& ladder_;
  int gap_;
  std::string svg_;
};

}  // namespace

std::string ladder_as_svg(const Ladder& ladder) {
  return Drawing{ladder}.draw();
}

}  // namespace avedge::trace
