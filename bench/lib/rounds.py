"""The rounds of `bench/compare`: every experiment with every server that takes part, in turn."""

import machine
from progress import Progress
from results import Finding, Results

_LONGEST_COMPLAINT = 300
# Rounds of experiments without a target, so that the whole takes less than a quarter of an hour.
_MOST_WITHOUT_TARGET = 2


def make_rounds(setting, experiments, rounds, command):
    host = machine.describe()
    findings = _questions(experiments, setting.servers)
    steps = list(_plan(experiments, setting.servers, rounds))
    progress = Progress(len(steps))
    for turn, experiment, server in steps:
        setting.step = f"{experiment.key} {turn + 1}/{rounds}, {server.name}"
        progress.step(setting.step)
        for figure, answer in zip(experiment.figures, _run(setting, experiment, server)):
            findings[figure.key].rounds[server.name].append(answer)
    seconds = progress.close()
    versions = {server.name: server.version() for _, _, server in steps}
    return Results(host, command, rounds, seconds, versions, list(findings.values()), setting.remarks)


def _run(setting, experiment, server):
    """A number for each figure, or None: a server that fails does not spoil the run for the others."""
    try:
        return experiment.run(setting, server)
    except (AssertionError, RuntimeError, ArithmeticError) as failure:
        words = " ".join(str(failure).split())
        setting.remark(f"no answer: {words[:_LONGEST_COMPLAINT]}")
        return [None] * len(experiment.figures)


def _plan(experiments, servers, rounds):
    """(round, experiment, server) in the order in which they are measured. Who comes first changes:
    what the machine does meanwhile hits all alike."""
    for turn in range(rounds):
        for experiment in experiments:
            if turn < _MOST_WITHOUT_TARGET or experiment.has_target():
                everybody = servers[experiment.contest]
                first = turn % len(everybody)
                for server in everybody[first:] + everybody[:first]:
                    yield turn, experiment, server


def _questions(experiments, servers):
    """A Finding without answers for each figure."""
    findings = {}
    for experiment in experiments:
        names = [server.name for server in servers[experiment.contest]]
        reference = names[-1] if len(names) > 1 else ""
        for figure in experiment.figures:
            findings[figure.key] = Finding(figure, experiment.contest, reference,
                                           {name: [] for name in names})
    return findings
