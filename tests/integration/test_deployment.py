"""The files under docker/, checked by their own checkers as far as that goes without an engine."""

import os
import pathlib
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

from edge import binary

_ROOT = pathlib.Path(__file__).parents[2]
_DOCKER = _ROOT / "docker"


def _run(*argv):
    return subprocess.run([str(word) for word in argv], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)


def _instructions():
    """(instruction, arguments) of the Dockerfile, continued lines joined, comments left out."""
    text = (_DOCKER / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [tuple(line.split(maxsplit=1)) for line in lines.replace("\\\n", " ").splitlines() if line]


def _last_stage():
    stages = _instructions()
    start = max(index for index, (word, _) in enumerate(stages) if word == "FROM")
    return stages[start:]


def _compose():
    return yaml.safe_load((_DOCKER / "docker-compose.yml").read_text(encoding="utf-8"))


def _example():
    return tomllib.loads((_DOCKER / "avedge.toml").read_text(encoding="utf-8"))


def test_dockerfile_copies_only_what_is_there():
    for word, arguments in _instructions():
        if word == "COPY" and "--from=" not in arguments:
            for source in arguments.split()[:-1]:
                assert (_ROOT / source).exists(), source


def test_image_runs_as_a_user_without_rights():
    users = [arguments for word, arguments in _last_stage() if word == "USER"]
    assert users == ["avedge"]


def test_image_has_every_library_that_the_program_needs():
    """Of the Debian packages that own them; debian:12-slim brings the first three."""
    have = {"libc6", "libgcc-s1", "libstdc++6"}
    for word, arguments in _last_stage():
        if word == "RUN" and "apt-get install" in arguments:
            packages = arguments.split("apt-get install")[1].split("&&")[0]
            have |= set(re.findall(r"\blib[a-z0-9.+-]+", packages))
    sanitizers = {"libasan8", "libubsan1", "libtsan2"}
    needed = set()
    for library in re.findall(r"(\S+) => /", _run("ldd", binary()).stdout):
        # By name: the linker says /lib where the package says /usr/lib, or the other way round.
        owner = _run("dpkg-query", "-S", f"*-linux-gnu*/{library}").stdout
        needed.add(owner.split(":")[0])
    assert needed - sanitizers <= have | _dependencies(have)


def _dependencies(packages):
    """What apt installs along with them."""
    found = set()
    for package in packages:
        text = _run("dpkg-query", "-W", "-f", "${Depends}", package).stdout
        found |= {name.split()[0].split(":")[0] for name in re.split(r"[,|]", text) if name.strip()}
    return found if found <= packages else _dependencies(packages | found)


def test_prometheus_configuration_is_valid_and_finds_the_edge():
    checked = _run("promtool", "check", "config", _DOCKER / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout
    scrape = yaml.safe_load((_DOCKER / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    assert scrape[0]["static_configs"][0]["targets"] == [_example()["metrics"]["http"]]


def test_compose_file_names_what_is_there():
    compose = _compose()
    assert set(compose) == {"services", "volumes"}
    assert set(compose["services"]) == {"edge", "prometheus"}
    build = compose["services"]["edge"]["build"]
    assert (_DOCKER / build["context"] / build["dockerfile"]).samefile(_DOCKER / "Dockerfile")
    for service in compose["services"].values():
        # Only then do the addresses of avedge.toml and prometheus.yml mean the same machine.
        assert service["network_mode"] == "host" and "ports" not in service
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (_DOCKER / source).exists() or source in compose["volumes"], source


def test_example_configuration_is_good():
    checked = _run(binary(), "check-config", _DOCKER / "avedge.toml")
    assert checked.returncode == 0, checked.stdout


def test_example_configuration_agrees_with_image_and_sysctl():
    example = _example()
    ranges = {relay["ports"] for relay in example["relay"]}
    assert len(ranges) == 1
    exposed = " ".join(arguments for word, arguments in _last_stage() if word == "EXPOSE").split()
    for expected in [f"{ranges.copy().pop()}/udp", "3478/udp", "5060/udp", "5060/tcp"]:
        assert expected in exposed
    reserved = re.search(r"(?m)^net\.ipv4\.ip_local_reserved_ports = (\S+)$",
                         (_DOCKER / "sysctl.conf").read_text(encoding="utf-8"))
    assert {reserved[1]} == ranges


@pytest.fixture
def unit(tmp_path):
    """The unit with the program where it stands now, so that the checker finds it."""
    text = (_DOCKER / "avedge.service").read_text(encoding="utf-8")
    path = tmp_path / "avedge.service"
    path.write_text(text.replace("/usr/bin/avedge", binary()), encoding="utf-8")
    return path


def _with(unit, *names):
    """The unit with the rights that this takes."""
    drop_ins = unit.with_suffix(".service.d")
    drop_ins.mkdir()
    for name in names:
        shutil.copy(_DOCKER / f"avedge-{name}.conf", drop_ins)
    return unit


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What `cmake --install` puts into an empty root."""
    root = tmp_path_factory.mktemp("root")
    build = pathlib.Path(binary()).parent
    done = subprocess.run(["cmake", "--install", build], env=os.environ | {"DESTDIR": str(root)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    return root


def test_installed_program_accepts_the_installed_example(installed):
    example = installed / "usr/share/doc/avedge/examples/avedge.toml"
    checked = _run(installed / "usr/bin/avedge", "check-config", example)
    assert checked.returncode == 0, checked.stdout


def test_installed_files_are_those_that_the_unit_and_systemd_read(installed):
    unit = (installed / "usr/lib/systemd/system/avedge.service").read_text(encoding="utf-8")
    for path in [re.search(r"(?m)^ExecStart=(\S+)", unit)[1],
                 re.search(r"(?m)^Documentation=file://(\S+)", unit)[1],
                 "/usr/lib/sysusers.d/avedge.conf", "/usr/lib/sysctl.d/60-avedge.conf"]:
        assert (installed / path.lstrip("/")).is_file(), path
    assert not (installed / "etc").exists(), "an installation must not overwrite a configuration"


@pytest.mark.parametrize("options", [[], ["frames"], ["fan-in"], ["frames", "fan-in"]], ids="+".join)
def test_unit_is_valid(unit, options):
    checked = _run("systemd-analyze", "verify", _with(unit, *options))
    assert checked.returncode == 0 and not checked.stdout.strip(), checked.stdout


_RIGHTS = {
    "CAP_BPF": ["fan-in"],
    "CAP_NET_ADMIN": ["fan-in"],
    "AF_PACKET": ["frames"],
    "SystemCallFilter=~@privileged": ["frames", "fan-in"],
}


@pytest.mark.parametrize("option", ["frames", "fan-in"])
def test_unit_is_granted_what_an_option_takes_and_no_more(unit, option):
    """As systemd sees the unit; CAP_NET_RAW it does not tell from the right to low ports."""
    before = _security(unit)
    after = _security(_with(unit, option))
    for right, options in _RIGHTS.items():
        granted = rf"(?m)^✗ .*{right}"
        assert bool(re.search(granted, after)) == (option in options), (right, after)
        assert not re.search(granted, before), (right, before)


def _security(unit):
    return _run("systemd-analyze", "security", "--offline=true", "--no-pager", unit).stdout


def test_unit_is_hardened(unit):
    """systemd's own score, from 0 (tight) to 10."""
    text = _security(unit)
    score = re.search(r"Overall exposure level for avedge\.service: ([0-9.]+)", text)
    assert score and float(score[1]) < 2.5, text
