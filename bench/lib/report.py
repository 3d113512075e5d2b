"""The answers of `bench/compare` as text and as a page that a person can read."""

import html
import statistics

_COLOURS = ["#2463a6", "#5fa3dc", "#d98324", "#8a8a8a"]


def median(answers):
    return statistics.median(answers) if answers else None


def number(value):
    if value is None:
        return "–"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(question, value, reference):
    """How much better than the reference, as "1.6 ×"; nothing where there is none."""
    if not value or not reference:
        return ""
    return f"{value / reference if question['larger_is_better'] else reference / value:.2f} ×"


def as_text(result):
    reference = result["servers"][-1]
    lines = [f"{result['machine']['cores']} cores of {result['machine']['cpu']}, Linux "
             f"{result['machine']['kernel']}, load average {result['machine']['load_average']}, "
             f"{result['rounds']} rounds"]
    for question in result["questions"]:
        lines.append(f"\n{question['title']} ({question['unit']})")
        base = median(question["answers"][reference])
        for server in result["servers"]:
            answers = question["answers"][server]
            better = ratio(question, median(answers), base) if server != reference else ""
            spread = f"{number(min(answers))} to {number(max(answers))}" if answers else "no answer"
            lines.append(f"  {server:<16} {number(median(answers)):>12}  {better:>8}   {spread}")
    return "\n".join(lines)


def as_page(result):
    machine = result["machine"]
    parts = [_HEAD, "<h1>TURN relays side by side</h1>",
             f"<p>{html.escape(machine['cpu'])}, {machine['cores']} cores, Linux "
             f"{html.escape(machine['kernel'])}; load average {machine['load_average']} at the start; "
             f"{result['rounds']} rounds in turn, the bar is the median, the line the spread. Each server "
             f"on one core of its own.</p><p>",
             " · ".join(f"<span class='key' style='background:{_COLOURS[i % len(_COLOURS)]}'></span>"
                        f"{html.escape(server)} ({html.escape(result['versions'][server])})"
                        for i, server in enumerate(result["servers"])), "</p>"]
    parts += [_chart(result, question) for question in result["questions"]]
    return "\n".join(parts) + "</body></html>\n"


_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bench/compare</title><style>
body{font:15px/1.45 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em;color:#222}
h1{font-size:1.5em}h2{font-size:1.02em;margin:1.6em 0 .3em}small{color:#666;font-weight:normal}
.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.35em}
svg{width:100%;height:auto;display:block}text{font:13px system-ui,sans-serif;fill:#222}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}text{fill:#ddd}small{color:#999}}
</style></head><body>"""

_LEFT, _WIDTH, _ROW, _RIGHT = 130, 460, 26, 180


def _chart(result, question):
    servers = result["servers"]
    base = median(question["answers"][servers[-1]])
    largest = max((max(answers) for answers in question["answers"].values() if answers), default=1) or 1
    rows = [_row(i, server, question, base if server != servers[-1] else None, largest)
            for i, server in enumerate(servers)]
    better = "more is better" if question["larger_is_better"] else "less is better"
    return (f"<h2>{html.escape(question['title'])} <small>{html.escape(question['unit'])}, {better}"
            f"</small></h2><svg viewBox='0 0 {_LEFT + _WIDTH + _RIGHT} {_ROW * len(servers)}' "
            f"role='img'>{''.join(rows)}</svg>")


def _row(index, server, question, base, largest):
    answers = question["answers"][server]
    top = index * _ROW
    label = f"<text x='{_LEFT - 8}' y='{top + 17}' text-anchor='end'>{html.escape(server)}</text>"
    if not answers:
        return label + f"<text x='{_LEFT}' y='{top + 17}'>no answer</text>"
    value = median(answers)
    scale = _WIDTH / largest
    low, high, middle = min(answers) * scale + _LEFT, max(answers) * scale + _LEFT, top + _ROW / 2
    words = f"{number(value)}  {ratio(question, value, base)}"
    return (f"{label}<rect x='{_LEFT}' y='{top + 4}' width='{max(value * scale, 1):.1f}' "
            f"height='{_ROW - 8}' rx='2' fill='{_COLOURS[index % len(_COLOURS)]}'/>"
            f"<line x1='{low:.1f}' x2='{high:.1f}' y1='{middle}' y2='{middle}' stroke='currentColor' "
            f"stroke-width='1.5' opacity='.6'/>"
            f"<text x='{high + 8:.1f}' y='{top + 17}'>{html.escape(words)}</text>")
