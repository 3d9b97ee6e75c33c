"""Loopback addresses for the things of one local cloud.

Every cloud claims a block 127.B.0.0/16 of its own, so that several can run side by side. The claim is a
bound socket: it ends with the process, also after a crash.
"""

import itertools
import socket
import threading

_GUARD_PORT = 48221
_FIRST_BLOCK = 16
_LAST_BLOCK = 250

_lock = threading.Lock()
_guard: socket.socket | None = None
_block = 0
_numbers = itertools.count(1)


def claim_block() -> int:
    """The B of this cloud's block 127.B.0.0/16; claims one on the first call."""
    global _block, _guard
    with _lock:
        if _guard is None:
            _guard, _block = _claim()
        return _block


def free_address() -> str:
    """An address of this cloud's block that nothing else has been given."""
    block = claim_block()
    number = next(_numbers)
    return f"127.{block}.{number // 250 + 1}.{number % 250 + 1}"


def _claim() -> tuple[socket.socket, int]:
    for block in range(_FIRST_BLOCK, _LAST_BLOCK + 1):
        guard = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            guard.bind((f"127.{block}.0.1", _GUARD_PORT))
            guard.listen(1)
        except OSError:
            guard.close()
            continue
        return guard, block
    raise RuntimeError(f"no free loopback block: port {_GUARD_PORT} is taken on every 127.x.0.1")


def taken_port(address: str, port: int) -> bool:
    """Whether something (a daemon on 0.0.0.0, say) already listens on this address and port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False
