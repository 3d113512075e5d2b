"""A headless Chromium on a host of the lab, spoken to by DevTools over a pipe: no port, no driver."""

import json
import os
import pathlib
import select
import time

from lab import PATIENCE

_OPTIONS = [
    "--headless=new", "--remote-debugging-pipe",
    # The lab's root has no way to make the sandbox's own namespaces, and the only page is ours.
    "--no-sandbox",
    "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--mute-audio",
    # Nothing that would look for the Internet.
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]


class Browser:
    """One page of it. `authority` vouches for servers, as an administrator would have installed it."""

    def __init__(self, lab, host, page, authority):
        self._home = lab.directory / "browser"
        self._home.mkdir()
        _trust(host, self._home, authority)
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        # DevTools takes descriptors 3 and 4. (Debian's sh knows only those of one digit.)
        wrapped = ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash"]
        options = [*_OPTIONS, f"--user-data-dir={self._home / 'profile'}", "about:blank"]
        self.process = lab.start(host, [*wrapped, "chromium", *options], "chromium",
                                 env=os.environ | {"HOME": str(self._home)},
                                 pass_fds=(to_browser, from_browser))
        os.close(to_browser)
        os.close(from_browser)
        self._buffer, self._next = b"", 0
        self._session = self._open(pathlib.Path(page).as_uri())

    def close(self):
        self._ask("Browser.close")
        self.process.expect_exit()
        os.close(self._write)
        os.close(self._read)

    def call(self, function, *arguments, seconds=PATIENCE):
        """What the page's asynchronous function comes to; its exception fails the test."""
        text = f"{function}({', '.join(json.dumps(one) for one in arguments)})"
        answer = self._ask("Runtime.evaluate", seconds, expression=text, awaitPromise=True,
                           returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _open(self, address):
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = None
        session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = session
        self._ask("Page.enable")
        self._ask("Page.navigate", url=address)
        self._receive(lambda message: message.get("method") == "Page.loadEventFired", PATIENCE)
        return session

    _session = None

    def _ask(self, method, seconds=PATIENCE, **parameters):
        self._next += 1
        number = self._next
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        answer = self._receive(lambda one: one.get("id") == number, seconds)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _receive(self, wanted, seconds):
        deadline = time.monotonic() + seconds
        while True:
            while b"\0" in self._buffer:
                text, self._buffer = self._buffer.split(b"\0", 1)
                message = json.loads(text)
                if wanted(message):
                    return message
            ready, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"the browser has not answered within {seconds:g} s:\n{self.process.output()}"
            data = os.read(self._read, 1 << 16)
            assert data, f"the browser has ended:\n{self.process.output()}"
            self._buffer += data


def _trust(host, home, authority):
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    for words in (["-N", "--empty-password"],
                  ["-A", "-n", "lab", "-t", "C,,", "-i", authority.certificate]):
        done = host.run(["certutil", "-d", f"sql:{database}", *words])
        assert done.returncode == 0, done.stdout
