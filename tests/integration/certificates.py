"""Certificates made by the openssl program: an authority of the lab, and what it signed.

A real one is a chain as well; clients are given the authority and must find the way."""

import pathlib
import re
import subprocess

from lab import EDGE_EXTERNAL, EDGE_EXTERNAL6, EDGE_SECOND

EDGE_NAME = "edge.lab.example"
_SUBJECT_NAMES = ",".join([f"DNS:{EDGE_NAME}", f"IP:{EDGE_EXTERNAL}", f"IP:{EDGE_SECOND}",
                           f"IP:{EDGE_EXTERNAL6}"])
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]


class Authority:
    """Signs certificates into `folder`."""

    def __init__(self, folder, name="authority"):
        self._folder = pathlib.Path(folder)
        self.certificate = self._folder / f"{name}.crt"
        self._key = self._folder / f"{name}.key"
        _openssl("req", "-x509", *_NEW_KEY, "-subj", f"/CN=avedge lab {name}",
                 "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign",
                 "-keyout", self._key, "-out", self.certificate)

    def issue(self, name="edge", names=None):
        """For the edge's addresses, or for other `names` as openssl writes them; the paths of chain and
        key. The same name again overwrites."""
        file = re.sub(r"[^a-zA-Z0-9.-]", "-", name)
        chain, key = self._folder / f"{file}.crt", self._folder / f"{file}.key"
        _openssl("req", "-x509", *_NEW_KEY, "-subj", f"/CN={EDGE_NAME}",
                 "-CA", self.certificate, "-CAkey", self._key,
                 "-addext", f"subjectAltName={','.join(names) if names else _SUBJECT_NAMES}",
                 "-addext", "basicConstraints=CA:FALSE", "-addext", "extendedKeyUsage=serverAuth,clientAuth",
                 "-keyout", key, "-out", chain)
        chain.write_text(chain.read_text() + self.certificate.read_text())
        key.chmod(0o600)
        return chain, key


def _openssl(*words):
    done = subprocess.run(["openssl", *[str(word) for word in words]], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    assert done.returncode == 0, done.stdout
