"""Where an instance's connections to link-local addresses go: to the services of the local cloud that play them.

The other side of `trap`: every connect(2) in an instance waits here for a moment. One to the address of such a service
is made by the emulator, on the caller's own socket and from the instance's address, by which the metadata service
knows who asks; any other goes on as if nothing were.
"""

import array
import contextlib
import ctypes
import fcntl
import os
import select
import socket
import struct
import sys
import threading
from pathlib import Path

from vendhost_cloud.machines import trap

METADATA = ("169.254.169.254", 80)
"""The metadata service of instances."""
CONTAINER = ("169.254.170.2", 80)
"""The credentials of containers, which builds of CodeBuild are."""
_RECEIVE, _SEND, _STILL_VALID = 0xC0502100, 0xC0182101, 0x40082102
_CONTINUE = 1
_PIDFD_GETFD = 438
_NOTIFICATION = struct.Struct("=QII i I Q 6Q")

Address = tuple[str, int]

_services: dict[Address, Address] = {}


def use(address: Address, service: Address) -> None:
    """Name where the service really listens that is reached at a link-local address."""
    _services[address] = service


class Gate:
    """The listeners of one instance's processes, served by one thread until `close`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._here, self._there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._wake, self._waker = os.pipe()
        threading.Thread(target=self._serve, name=f"connections of {address}", daemon=True).start()

    @property
    def descriptor(self) -> int:
        """To be inherited by a trapped command."""
        return self._there.fileno()

    def trapped(self, command: list[str]) -> list[str]:
        """The command, with its connections going through this gate."""
        return [sys.executable, "-I", "-S", trap.__file__, str(self.descriptor), *command]

    def close(self) -> None:
        """End the thread; a process that still waits gets an error."""
        waker, self._waker = self._waker, -1
        if waker != -1:
            os.close(waker)

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._here, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        listeners: set[int] = set()
        try:
            while True:
                for descriptor, event in poll.poll():
                    if descriptor == self._wake:
                        return
                    if descriptor == self._here.fileno():
                        listener = _received(self._here)
                        listeners.add(listener)
                        poll.register(listener, select.POLLIN)
                    elif event & select.POLLIN:
                        self._answer(descriptor)
                    else:
                        # The last process under this filter has ended.
                        poll.unregister(descriptor)
                        listeners.discard(descriptor)
                        os.close(descriptor)
        finally:
            for listener in listeners:
                os.close(listener)
            os.close(self._wake)
            self._here.close()
            self._there.close()

    def _answer(self, listener: int) -> None:
        notification = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, notification)
        except OSError:
            # The caller was interrupted in the meantime.
            return
        identity, process, _, _, _, _, descriptor, address, length, *_ = _NOTIFICATION.unpack(notification)
        error, flags = 0, _CONTINUE
        with contextlib.suppress(OSError, ValueError):
            service = _services.get(_peer(process, address, length) or ("", 0))
            if service is not None:
                caller = _socket_of(process, descriptor)
                # Its number may be another process's by now.
                fcntl.ioctl(listener, _STILL_VALID, struct.pack("=Q", identity))
                with caller:
                    error, flags = -self._connect(caller, service), 0
        with contextlib.suppress(OSError):
            fcntl.ioctl(listener, _SEND, struct.pack("=QqiI", identity, 0, error, flags))

    def _connect(self, caller: socket.socket, service: Address) -> int:
        with contextlib.suppress(OSError):
            caller.bind((self._address, 0))
        return caller.connect_ex(service)


def _received(here: socket.socket) -> int:
    _, ancillary, _, _ = here.recvmsg(1, socket.CMSG_SPACE(4))
    descriptors = array.array("i")
    for _, _, data in ancillary:
        descriptors.frombytes(data[:4])
    return int(descriptors[0])


def _peer(process: int, address: int, length: int) -> Address | None:
    """The IPv4 address and port in a `sockaddr` of the process."""
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        data = memory.read(min(length, 16))
    if len(data) < 8 or struct.unpack("=H", data[:2])[0] != socket.AF_INET:
        return None
    return socket.inet_ntoa(data[4:8]), struct.unpack("!H", data[2:4])[0]


def _socket_of(thread: int, descriptor: int) -> socket.socket:
    status = Path(f"/proc/{thread}/status").read_text()
    process = int(status.partition("\nTgid:")[2].split()[0])
    pidfd = os.pidfd_open(process)
    try:
        copy = int(ctypes.CDLL(None, use_errno=True).syscall(_PIDFD_GETFD, pidfd, descriptor, 0))
    finally:
        os.close(pidfd)
    if copy < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd failed")
    return socket.socket(fileno=copy)
