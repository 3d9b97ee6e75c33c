"""Where layers and instances keep their files: a tmpfs in a mount namespace of the emulator's own.

Overlayfs refuses a layer that lies inside another one (`lowerdir=layer:/`), so layers live on a tmpfs. The
tmpfs is mounted in a private mount namespace: the host never sees it, and the kernel drops it with the last
process of the emulator, also after `kill -9`.
"""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import BinaryIO

from vendhost_cloud.state import cloud_directory

_CLONE_NEWNS = 0x00020000

_root: Path | None = None
_reason: str | None = None


def prepare() -> None:
    """Enter the private mount namespace. Must run before the process has a second thread."""
    global _root, _reason
    _reason = _missing()
    if _reason is not None:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        _reason = f"unshare(CLONE_NEWNS) is refused: {os.strerror(ctypes.get_errno())}"
        return
    root = cloud_directory() / "machines"
    root.mkdir(parents=True, exist_ok=True)
    try:
        _run("mount", "--make-rprivate", "/")
        _run("mount", "-t", "tmpfs", "-o", "mode=0755", "vendhost", str(root))
        _probe(root)
    except subprocess.CalledProcessError as error:
        _reason = f"overlayfs cannot be mounted here: {error.stderr.strip()}"
        return
    for part in ("layers", "instances"):
        (root / part).mkdir()
    _root = root


def why_not() -> str | None:
    """Why this machine cannot run instances, in one line; None if it can."""
    return _reason if _reason is not None or _root is not None else "the emulator was not prepared for instances"


def layers() -> Path:
    """Directory of the layers, one directory each."""
    return _directory() / "layers"


def instances() -> Path:
    """Directory of the instances: `<id>/upper`, `<id>/work`, `<id>/root`."""
    return _directory() / "instances"


def pack(layer: Path, archive: Path) -> None:
    """Write a layer into a tar file, with whiteouts and overlayfs attributes."""
    part = archive.with_suffix(".part")
    _run(
        "tar",
        "--create",
        "--xattrs",
        "--xattrs-include=trusted.*",
        "--xattrs-include=security.capability",
        "--numeric-owner",
        "--file",
        str(part),
        "--directory",
        str(layer),
        ".",
    )
    part.rename(archive)


def unpack(archive: Path, layer: Path) -> None:
    """Unpack what `pack` wrote into a new layer."""
    part = layer.with_name(layer.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    _run(
        "tar",
        "--extract",
        "--xattrs",
        "--xattrs-include=*",
        "--numeric-owner",
        "--same-permissions",
        "--file",
        str(archive),
        "--directory",
        str(part),
    )
    part.rename(layer)


def pack_into(layer: Path, file: BinaryIO) -> int:
    """Write a layer as a tar where the file is at, with whiteouts and overlayfs attributes; how many bytes it has."""
    start = file.tell()
    file.flush()
    attributes = ["--xattrs", "--xattrs-include=trusted.*", "--xattrs-include=security.capability"]
    command = ["tar", "--create", *attributes, "--numeric-owner", "--directory", str(layer), "."]
    subprocess.run(command, check=True, stdout=file, stderr=subprocess.PIPE)
    return file.seek(0, os.SEEK_END) - start


def unpack_from(file: Path, start: int, length: int, target: Path) -> None:
    """Make a layer of a tar that is within a file."""
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    attributes = ["--xattrs", "--xattrs-include=*", "--numeric-owner", "--same-permissions"]
    command = ["tar", "--extract", *attributes, "--directory", str(part)]
    with file.open("rb") as archive, subprocess.Popen(command, stdin=subprocess.PIPE) as tar:
        assert tar.stdin is not None
        archive.seek(start)
        while length > 0 and (some := archive.read(min(length, 2**20))):
            tar.stdin.write(some)
            length -= len(some)
        tar.stdin.close()
    if tar.returncode != 0:
        raise RuntimeError(f"the layer {target.name} could not be unpacked")
    part.rename(target)


def copy(source: Path, target: Path) -> None:
    """Copy a layer with whiteouts and overlayfs attributes; it may be in use."""
    part = target.with_name(target.name + ".part")
    part.mkdir(parents=True)
    attributes = ["--xattrs", "--xattrs-include=*"]
    reader = subprocess.Popen(
        [
            "tar",
            "--create",
            *attributes,
            "--warning=no-file-changed",
            "--numeric-owner",
            "--directory",
            str(source),
            ".",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    written = subprocess.run(
        ["tar", "--extract", *attributes, "--numeric-owner", "--same-permissions", "--directory", str(part)],
        stdin=reader.stdout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert reader.stderr is not None and reader.stdout is not None
    reader.stdout.close()
    complaint = reader.stderr.read().decode(errors="replace")
    # tar answers 1 when a file changed while it was read, which a running instance may do.
    if reader.wait() > 1 or written.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise RuntimeError(f"the layer could not be saved: {complaint.strip() or written.stderr.strip()}")
    part.rename(target)


def _directory() -> Path:
    if _root is None:
        raise RuntimeError(why_not() or "no storage")
    return _root


def _missing() -> str | None:
    if os.geteuid() != 0:
        return "instances need root (mount namespaces over overlayfs)"
    filesystems = Path("/proc/filesystems").read_text()
    if (
        "\toverlay\n" not in filesystems
        and subprocess.run(["modprobe", "overlay"], capture_output=True, check=False).returncode != 0
    ):
        return "instances need overlayfs, which this kernel does not have"
    for program in ("mount", "unshare", "nsenter", "setpriv", "tar"):
        if shutil.which(program) is None:
            return f"instances need the program {program} (Debian packages mount, util-linux, tar)"
    return None


def _probe(root: Path) -> None:
    for part in ("upper", "work", "root", "layer"):
        (root / "probe" / part).mkdir(parents=True)
    probe = root / "probe"
    _run(
        "mount",
        "-t",
        "overlay",
        "overlay",
        "-o",
        f"lowerdir={probe / 'layer'}:/,upperdir={probe / 'upper'},workdir={probe / 'work'}",
        str(probe / "root"),
    )
    _run("umount", str(probe / "root"))
    shutil.rmtree(probe)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
