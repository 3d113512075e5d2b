"""One question's answers as bars: the length is the median, the dots are the rounds."""

from html import escape

from results import number

_LEFT, _BARS, _RIGHT = 190, 460, 150
_ROW, _LINE = 28, 16
# Above so many times the longest bar a mark would leave no room for the bars.
_FARTHEST_MARK = 1.6


def as_svg(finding, limit):
    fields = _marks(finding, limit)
    longest = max((max(finding.answers(server), default=0) for server in finding.rounds), default=0) or 1
    fields = [(words, value) for words, value in fields if value <= _FARTHEST_MARK * longest]
    scale = _BARS / max([longest, *[value for _, value in fields]])
    lines = _lines(fields, scale)
    head = _LINE * (max(lines) + 1) + 6 if fields else 0
    height = head + _ROW * len(finding.rounds)
    rows = [_row(finding, server, index, head + index * _ROW, scale)
            for index, server in enumerate(finding.rounds)]
    drawn = [_mark(words, _LEFT + value * scale, line, height)
             for (words, value), line in zip(fields, lines)]
    return (f"<svg viewBox='0 0 {_LEFT + _BARS + _RIGHT} {height}' role='img' "
            f"aria-label='{escape(_words(finding), quote=True)}'>{''.join(rows + drawn)}</svg>")


def _marks(finding, limit):
    """(words, value) of the targets, and of what the machine itself could do."""
    figure = finding.figure
    base = finding.median(finding.reference) if finding.reference else None
    fields = []
    for words, target in (("must", figure.must), ("reach for", figure.reach_for)):
        if target and (base or not target.is_ratio):
            fields.append((words, target.bound * base if target.is_ratio else target.bound))
    return fields + ([limit] if limit else [])


def _lines(fields, scale):
    """On which line above the bars the words of each mark stand, so that none write over others."""
    taken, lines = [], []
    for words, value in fields:
        left, right = value * scale - 4 * len(words), value * scale + 4 * len(words)
        line = 0
        while any(left < other_right and other_left < right and line == other_line
                  for other_left, other_right, other_line in taken):
            line += 1
        taken.append((left, right, line))
        lines.append(line)
    return lines


def _mark(words, x, line, height):
    base = 12 + _LINE * line
    return (f"<line class='mark' x1='{x:.1f}' x2='{x:.1f}' y1='{base + 5}' y2='{height}'/>"
            f"<text class='quiet' x='{x:.1f}' y='{base}' text-anchor='middle'>{escape(words)}</text>")


def _row(finding, server, index, top, scale):
    middle, answers = top + _ROW / 2, finding.answers(server)
    label = (f"<text x='{_LEFT - 10}' y='{middle + 4.5}' text-anchor='end'>{escape(server)}</text>")
    if not answers:
        return label + f"<text class='quiet' x='{_LEFT}' y='{middle + 4.5}'>no answer</text>"
    width = max(finding.median(server) * scale, 1)
    dots = [f"<circle class='dot' cx='{_LEFT + answer * scale:.1f}' cy='{middle}' r='2.2'/>"
            for answer in answers] if len(answers) > 1 else []
    ratio = finding.ratio(server)
    words = number(finding.median(server)) + (f" · {ratio:.2f} ×" if ratio is not None else "")
    style = f"bar{2 if server == finding.reference else min(index, 2)}"
    return (f"{label}<rect class='{style}' x='{_LEFT}' y='{top + 5}' width='{width:.1f}' "
            f"height='{_ROW - 10}' rx='2'/>{''.join(dots)}"
            f"<text x='{_LEFT + _BARS + 12}' y='{middle + 4.5}'>{escape(words)}</text>")


def _words(finding):
    medians = [f"{server} {number(finding.median(server))}" for server in finding.rounds]
    return f"{finding.figure.title}, {finding.figure.unit}: {'; '.join(medians)}"
