"""Runs a program that cannot ask the kernel for routes and addresses, as in a sandbox: every socket
of AF_NETLINK is refused by a seccomp filter.

    python3 without_netlink.py PROGRAM [ARGUMENT...]
"""

import ctypes
import errno
import os
import socket
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_SYSCALL, _FIRST_ARGUMENT = 0, 16  # offsets within struct seccomp_data
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EAFNOSUPPORT
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_SOCKET = {"x86_64": 41, "aarch64": 198}


def is_supported():
    return os.uname().machine in _SOCKET


def _instruction(code, yes, no, value):
    return struct.pack("HBBI", code, yes, no, value)


def _refuse_netlink():
    program = b"".join([
        _instruction(_LOAD, 0, 0, _SYSCALL),
        _instruction(_EQUAL, 0, 3, _SOCKET[os.uname().machine]),
        _instruction(_LOAD, 0, 0, _FIRST_ARGUMENT),
        _instruction(_EQUAL, 0, 1, socket.AF_NETLINK),
        _instruction(_RETURN, 0, 0, _REFUSE),
        _instruction(_RETURN, 0, 0, _ALLOW)])
    code = ctypes.create_string_buffer(program)
    descriptor = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_PR_SET_SECCOMP, _FILTER, descriptor):
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    _refuse_netlink()
    os.execvp(sys.argv[1], sys.argv[1:])
