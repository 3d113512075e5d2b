"""What was found, as lines for a terminal."""

from results import number


def as_text(results):
    machine = results.machine
    lines = [f"{machine['cores']} cores of {machine['cpu']}, Linux {machine['kernel']}, load average "
             f"{machine['load_average']} at the start; {results.rounds} round{'s' * (results.rounds > 1)} in "
             f"{results.seconds:.0f} s"]
    for finding in results.findings:
        lines += ["", _title(finding)]
        lines += [_row(finding, server) for server in finding.rounds]
        limit = results.limit_of(finding)
        if limit:
            lines.append(f"  {limit[0]:<26} {number(limit[1]):>12}  (the machine's limit)")
    if results.remarks:
        lines += ["", "Remarks", *(f"  {remark}" for remark in results.remarks)]
    return "\n".join(lines)


def _title(finding):
    figure = finding.figure
    targets = [f"{name} {finding.sense(target)}"
               for name, target in (("must", figure.must), ("reach for", figure.reach_for)) if target]
    return f"{figure.title} ({'; '.join([figure.unit, *targets])})"


def _row(finding, server):
    figure, answers = finding.figure, finding.answers(server)
    if not answers:
        return f"  {server:<26} {'no answer':>12}"
    ratio = finding.ratio(server)
    verdicts = [f"{name} {verdict}" for name, verdict in (
        ("must", finding.verdict(server, figure.must)),
        ("reach for", finding.verdict(server, figure.reach_for))) if verdict]
    return (f"  {server:<26} {number(finding.median(server)):>12}  "
            f"{f'{ratio:.2f} ×' if ratio is not None else '':>8}  {', '.join(verdicts):<32}  "
            f"{number(min(answers))} to {number(max(answers))}").rstrip()
