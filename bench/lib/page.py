"""What was found, as one HTML page that needs nothing else."""

import pathlib
from html import escape

from chart import as_svg
from results import number

_STYLE = pathlib.Path(__file__).with_name("page.css")

_CONTESTS = {
    "turn": ("TURN", "Clients outside, peers inside; every server on one core, with one relay thread."),
    "anchor": ("Anchored calls", "Opened by the ng protocol; media comes from the addresses that the SDP "
               "names, and nobody has to learn any."),
    "machine": ("The machine", "The edge's kernel forwards the same frames, no program in between: what "
                "this machine could do at best. Generator and forwarding share a core."),
}


def as_page(results):
    machine = results.machine
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>Media relays side by side</title><style>{_STYLE.read_text(encoding='utf-8')}</style>",
        "</head><body><h1>Media relays side by side</h1>",
        f"<p class='quiet'>{escape(machine['time'])} · {machine['cores']} cores of "
        f"{escape(machine['cpu'])} · Linux {escape(machine['kernel'])} · load average "
        f"{machine['load_average']} at the start · {results.rounds} round{'s' * (results.rounds > 1)}, "
        f"{results.seconds / 60:.0f} minutes</p>",
        f"<p class='quiet'><code>{escape(results.command)}</code></p>",
        f"<p>{_versions(results)}</p>", *_targets(results)]
    for contest, (title, words) in _CONTESTS.items():
        findings = [finding for finding in results.findings if finding.contest == contest]
        if findings:
            parts.append(f"<h2>{title}</h2><p class='quiet'>{words}</p>")
            parts += [_figure(results, finding) for finding in findings]
    if results.remarks:
        parts += ["<h2>Remarks</h2><ul>", *(f"<li>{escape(one)}</li>" for one in results.remarks), "</ul>"]
    return "\n".join(parts) + "\n</body></html>\n"


def _versions(results):
    return " · ".join(f"{escape(server)}: <span class='quiet'>{escape(version)}</span>"
                      for server, version in results.versions.items())


def _targets(results):
    rows = [_target_rows(finding) for finding in results.findings if finding.figure.must]
    if not rows:
        return []
    return ["<h2>Targets</h2><p class='quiet'>Ratios to the server named: medians of the rounds' ratios. A "
            "target is judged for each way in which avedge receives and sends; the lines in the charts below "
            "stand where it is for the medians.</p><div class='scroll'><table><thead><tr><th>question"
            "<th>server<th>median<th>must<th>reach for</tr></thead><tbody>", *rows,
            "</tbody></table></div>"]


def _target_rows(finding):
    rivals = [server for server in finding.rounds if server != finding.reference]
    rows = []
    for server in rivals:
        ratio = finding.ratio(server)
        question = (f"<td rowspan='{len(rivals)}'>{escape(finding.figure.title)}"
                    f"<small>{escape(finding.figure.unit)}; {escape(finding.reference)}: "
                    f"{number(finding.median(finding.reference))}</small>") if not rows else ""
        compared = f"<small>{ratio:.2f} × {escape(finding.reference)}</small>" if ratio is not None else ""
        rows.append(f"<tr>{question}<td>{escape(server)}<td><b>{number(finding.median(server))}</b>"
                    f"{compared}<td>{_judged(finding, server, finding.figure.must)}"
                    f"<td>{_judged(finding, server, finding.figure.reach_for)}</tr>")
    return "".join(rows)


def _judged(finding, server, target):
    if target is None:
        return ""
    verdict = finding.verdict(server, target) or "not measured"
    mark = {"reached": "✓ ", "missed": "✗ "}.get(verdict, "")
    return f"<span class='{verdict.split()[0]}'>{mark}{verdict}</span><small>{finding.sense(target)}</small>"


def _figure(results, finding):
    figure, limit = finding.figure, results.limit_of(finding)
    better = ""
    if finding.reference and (figure.is_compared or figure.must):
        better = ", more is better" if figure.more_is_better else ", less is better"
    below = (f"<p class='quiet'>{escape(limit[0])}: {number(limit[1])} {escape(figure.unit)}</p>"
             if limit else "")
    return (f"<figure><figcaption><h3>{escape(figure.title)} <span class='unit'>{escape(figure.unit)}"
            f"{better}</span></h3></figcaption>{as_svg(finding, limit)}{below}</figure>")
