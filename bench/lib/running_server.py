"""A server that is measured, while it runs.

All of them stand in the lab of the integration tests (`tests/integration/lab.py`): clients outside,
peers inside, and no way between them but the server. A server is a small object with

    name                what the report calls it
    version()           what it says about itself
    command(directory)  how it is started; its files go to that folder
    probe(lab)          a function that asks it something and tells whether it answered
"""

import signal
import time

import machine


class RunningServer:
    """From its start until the end of the `with` block; on one core only, if one is named, and nice to
    others there if it is to be."""

    def __init__(self, lab, server, core=None, niceness=0):
        self._name = server.name
        command = server.command(lab.directory)
        if core is not None:
            command = ["taskset", "-c", str(core), "nice", "-n", str(niceness), *command]
        answers = server.probe(lab)
        begin = time.monotonic()
        self._process = lab.start(lab.edge, command, "server")
        try:
            self._wait_for(answers)
        except RuntimeError:
            self._process.kill()
            raise
        self.seconds_to_first_answer = time.monotonic() - begin

    def _wait_for(self, answers):
        deadline = time.monotonic() + 30
        while not answers():
            if self._process.exit_code() is not None:
                raise RuntimeError(f"{self._name} ended:\n{self._process.output()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self._name}: no answer within 30 s")

    def cpu_seconds(self):
        """User and system time of all its threads."""
        return machine.cpu_seconds(self._process.pid)

    def resident_kib(self):
        return machine.resident_kib(self._process.pid)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        code = self._process.exit_code()
        self._process.signal(signal.SIGTERM)
        try:
            self._process.expect_exit(seconds=10)
        finally:
            self._process.kill()
        if code is not None:
            raise RuntimeError(f"{self._name} did not survive: {code}\n{self._process.output()}")
