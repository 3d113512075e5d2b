"""What an operator does by hand: start it, try it, look at it, end it."""

import json
import re
import shlex
import signal
import time

import pytest

import turn
import uclient
from edge import Edge, binary, parse_json, run, start, write_config
from lab import EDGE_EXTERNAL, INSIDE, PATIENCE, wait_until


def _start_without_configuration(lab):
    process = start(lab, ["serve"])
    process.expect_output(r"^avedge \S+ .*is up")
    wait_until("the banner to be complete", lambda: "Try it" in process.output())
    return process


def test_start_without_configuration_says_all_that_is_needed(lab):
    process = _start_without_configuration(lab)
    text = process.output()
    assert re.search(r"127\.0\.0\.1:3478 udp", text), text
    assert re.search(rf"({re.escape(EDGE_EXTERNAL)}|10\.77\.0\.10):3478 udp", text), text
    assert re.search(r"user +\S+", text) and re.search(r"password +\S+", text), text
    assert re.search(r"http://127\.0\.0\.1:9464/metrics", text), text
    process.signal(signal.SIGINT)
    assert process.expect_exit() == 0


def test_commands_that_are_printed_work_as_they_stand(lab):
    process = _start_without_configuration(lab)
    commands = [line.strip() for line in process.output().splitlines()
                if re.match(r"\s+(turnutils_uclient|curl) ", line)]
    assert len(commands) == 2, process.output()
    client = lab.edge.run(shlex.split(commands[0]), timeout=60)
    summary = uclient.Summary(client.stdout)
    assert client.returncode == 0 and summary.sent > 0, client.stdout
    assert (summary.received, summary.lost) == (summary.sent, 0), client.stdout
    metrics = lab.edge.run(shlex.split(commands[1]), timeout=PATIENCE)
    assert metrics.returncode == 0 and "avedge_build_info" in metrics.stdout, metrics.stdout
    process.signal(signal.SIGINT)
    assert process.expect_exit() == 0


def test_generated_credentials_differ_from_start_to_start(lab):
    passwords = set()
    for _ in range(2):
        process = _start_without_configuration(lab)
        passwords.add(re.search(r"password +(\S+)", process.output())[1])
        process.signal(signal.SIGINT)
        assert process.expect_exit() == 0
    assert len(passwords) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl_c", "sigterm"])
def test_it_ends_at_once_with_allocations_open(lab, number):
    edge = Edge(lab)
    client = turn.over_udp(lab)
    assert client.allocate().error is None
    begin = time.monotonic()
    edge.process.signal(number)
    assert edge.process.expect_exit() == 0, edge.process.output()
    # One second is the promise; a sanitizer build looks for leaks at its end, on a busy machine.
    assert time.monotonic() - begin < 10


def test_it_starts_again_at_once_on_the_same_addresses(lab):
    for _ in range(3):
        Edge(lab).stop()


def test_status_and_sessions_tell_what_runs(lab, edge):
    client = turn.over_udp(lab)
    relayed = "%s:%d" % client.allocate().relayed

    status = edge.ask("status")
    assert status.returncode == 0 and "version" in status.stdout, status.stdout
    assert parse_json(edge.ask("status", "--json"))["draining"] is False

    sessions = json.dumps(parse_json(edge.ask("sessions", "--json")))
    assert relayed in sessions
    assert relayed in edge.ask("sessions").stdout
    assert client.refresh(0).error is None


def test_draining_edge_takes_no_new_allocation_and_keeps_the_old(lab, edge):
    def new_client():
        return turn.over_udp(lab)
    old = new_client()
    assert old.allocate().error is None
    assert edge.ask("drain").returncode == 0
    assert parse_json(edge.ask("status", "--json"))["draining"] is True
    assert new_client().allocate().error is not None
    assert old.refresh(600).error is None
    assert old.permit(INSIDE).error is None


def test_asking_without_a_daemon_is_exit_code_3(lab):
    done = run(lab, "status", "--socket", lab.directory / "nobody.sock")
    assert done.returncode == 3, done.stdout


def test_check_config_accepts_a_good_file(lab):
    done = run(lab, "check-config", write_config(lab))
    assert done.returncode == 0, done.stdout


def test_unknown_command_is_exit_code_2(lab):
    done = run(lab, "serf")
    assert done.returncode == 2 and "serve" in run(lab, "--help").stdout, done.stdout


def test_reload_answers_with_its_result(lab, edge):
    assert edge.ask("reload").returncode == 0
    good = edge.config.read_text()
    edge.config.write_text(good.replace("realm", "relm"))
    refused = edge.ask("reload")
    assert refused.returncode == 4 and "relm" in refused.stdout, refused.stdout
    edge.config.write_text(good)
    assert edge.ask("reload").returncode == 0


def test_made_credentials_let_a_client_in_until_they_expire(lab, edge):
    made = parse_json(run(lab, "credentials", "bob", "--ttl", "8h", "--config", edge.config, "--json"))
    uclient.start_peer(lab)
    client = lab.ext.run(uclient.command("-m", "2", "-n", "5", user=made["username"],
                                         password=made["credential"]), timeout=60)
    assert client.returncode == 0 and uclient.Summary(client.stdout).lost == 0, client.stdout

    expired = str(int(time.time()) - 60) + ":bob"
    refused = turn.over_udp(lab, expired, made["credential"])
    assert refused.allocate().error == 401


def test_version_is_told(lab):
    done = run(lab, "--version")
    assert done.returncode == 0 and re.match(r"avedge \d+\.\d+\.\d+", done.stdout), done.stdout
    assert binary()
