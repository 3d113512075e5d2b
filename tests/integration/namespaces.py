"""Network namespaces held by a process each.

A namespace lives as long as its holder, and the holder dies with the test run (PR_SET_PDEATHSIG), so
nothing is left behind even when the run is killed. There are no names in /run/netns: nothing can
collide with another run, and no mount is needed inside `unshare -Urn`.
"""

import contextlib
import ctypes
import os
import signal
import subprocess

_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _enter(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


# What follows is called between fork and exec.


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _leave_for_a_new_namespace():
    _die_with_parent()
    if _libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


class Namespace:
    """One host of the lab."""

    def __init__(self, name):
        self.name = name
        # Popen returns after exec, and by then the holder has left for its own namespace.
        self._holder = subprocess.Popen(["sleep", "infinity"], preexec_fn=_leave_for_a_new_namespace)
        self.pid = self._holder.pid
        self.descriptor = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)
        self.ip("link", "set", "lo", "up")

    def close(self):
        os.close(self.descriptor)
        self._holder.kill()
        self._holder.wait()

    @contextlib.contextmanager
    def entered(self):
        """Runs the calling thread inside; sockets made there stay there."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _enter(self.descriptor)
            yield
        finally:
            _enter(home)
            os.close(home)

    def popen(self, argv, **options):
        """subprocess.Popen inside; the process dies with the test run. Main thread only: the kernel
        ties the death signal to the thread that started the child."""
        return subprocess.Popen([str(word) for word in argv], preexec_fn=self._move_in, **options)

    def run(self, argv, **options):
        """Runs a command to its end and returns subprocess.CompletedProcess with its text."""
        return subprocess.run([str(word) for word in argv], preexec_fn=self._move_in, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)

    def _move_in(self):
        _enter(self.descriptor)
        _die_with_parent()

    def ip(self, *words):
        done = self.run(["ip", *words])
        assert done.returncode == 0, f"{self.name}: ip {' '.join(words)}: {done.stdout}"

    def sysctl(self, name, value):
        with self.entered():
            with open("/proc/sys/" + name.replace(".", "/"), "w", encoding="ascii") as file:
                file.write(str(value))
