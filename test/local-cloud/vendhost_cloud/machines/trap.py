"""Run a command whose connections ask the emulator first: `python -I -S trap.py SOCKET COMMAND…`.

Instances share the host's network, which has no 169.254.169.254 of their own. A seccomp filter with a listener
(seccomp_unotify(2)) stops each connect(2) of the command and of all it starts until the emulator, which gets the
listener through SOCKET, has said what becomes of it: see `gate`. Imports the standard library only.
"""

import array
import ctypes
import os
import platform
import socket
import sys

_NUMBERS = {"x86_64": (317, 42, 0xC000003E), "aarch64": (277, 203, 0xC00000B7)}
"""By architecture: seccomp(2), connect(2), and the kernel's name of the architecture."""
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jump_true", ctypes.c_uint8),
        ("jump_false", ctypes.c_uint8),
        ("constant", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def listen() -> int:
    """Install the filter; the descriptor of its listener. OSError where the kernel has none."""
    seccomp, connect, architecture = _NUMBERS[platform.machine()]
    instructions = (_Instruction * 6)(
        _Instruction(_LOAD, 0, 0, 4),
        _Instruction(_IF_EQUAL, 0, 3, architecture),
        _Instruction(_LOAD, 0, 0, 0),
        _Instruction(_IF_EQUAL, 0, 1, connect),
        _Instruction(_RETURN, 0, 0, _NOTIFY),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    )
    program = _Program(len(instructions), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    listener = int(libc.syscall(seccomp, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(program)))
    if listener < 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
    return listener


def main() -> None:
    descriptor, *command = sys.argv[1:]
    with socket.socket(fileno=int(descriptor)) as emulator:
        listener = listen()
        emulator.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
    os.close(listener)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
