"""Every test gets a lab of its own; when it fails, the logs of all programs are shown."""

import os
import sys

import pytest

from edge import INGRESS, Edge
from lab import Lab
from rights import needs_bpf


def pytest_configure(config):
    """Making namespaces takes root. Anybody else becomes root of a user namespace."""
    if os.geteuid() != 0:
        config.pluginmanager.getplugin("capturemanager").suspend_global_capture()
        os.execvp("unshare", ["unshare", "-Urn", sys.executable, "-m", "pytest", *sys.argv[1:]])


def pytest_collection_modifyitems(items):
    if INGRESS == "fan-in":
        for item in items:
            item.add_marker(needs_bpf)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Leaves the outcome of a test's call on its module, for the fixtures that show logs."""
    report = (yield).get_result()
    if report.failed:
        item.session.stash[_FAILED] = True


_FAILED = pytest.StashKey()


def _showing_logs(request, lab):
    request.session.stash[_FAILED] = False
    try:
        yield lab
    finally:
        if request.session.stash[_FAILED]:
            lab.show_logs()


@pytest.fixture
def lab(request):
    with Lab() as made:
        yield from _showing_logs(request, made)


@pytest.fixture(scope="module")
def module_lab(request):
    """One lab for all tests of a file, where a costly run is looked at from several sides."""
    with Lab() as made:
        yield from _showing_logs(request, made)


@pytest.fixture
def edge(lab):
    running = Edge(lab)
    yield running
    running.stop()
