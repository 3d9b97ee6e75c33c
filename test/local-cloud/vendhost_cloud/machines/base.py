"""The layer under every image: a plain Debian on top of the host's root, without the host's own software and data.

Built once and cached as a tar file; the key covers the recipe and what is installed on the host.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

from vendhost_cloud.machines import storage
from vendhost_cloud.state import cache_directory

_RECIPE = Path(__file__).with_name("base.sh")
_KNOWN = {
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "tmp",
    "usr",
    "var",
}
"""Top-level directories of Debian; anything else on the host is hidden."""

_EMPTIED = {
    "boot": 0o755,
    "home": 0o755,
    "media": 0o755,
    "mnt": 0o755,
    "opt": 0o755,
    "root": 0o700,
    "srv": 0o755,
    "tmp": 0o1777,
    "var/tmp": 0o1777,
    "var/backups": 0o755,
    "var/mail": 0o2775,
    "var/lib/docker": 0o711,
    "var/lib/dpkg/updates": 0o755,
}
"""Directories whose content on the host is hidden. They belong to the layer, so what is written there is kept."""

_USR_LOCAL = ("bin", "etc", "games", "include", "lib", "man", "sbin", "share", "src")

_lock = threading.Lock()

Build = Callable[[Path, str], None]


def layer(build: Build) -> Path:
    """The base layer, unpacked; `build(layer, script)` runs the recipe in an instance whose upper layer is `layer`."""
    with _lock:
        target = storage.layers() / "base"
        if not target.exists():
            with (cache_directory() / "base.lock").open("w") as lock:
                # Clouds that start at the same time build it once, and none removes a layer that another one unpacks.
                fcntl.flock(lock, fcntl.LOCK_EX)
                storage.unpack(_archive(build), target)
        return target


def _archive(build: Build) -> Path:
    archive = cache_directory() / f"base-{key()}.tar"
    if archive.exists():
        return archive
    work = storage.layers() / "base-building"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        hide_host(work)
        build(work, _RECIPE.read_text())
        storage.pack(work, archive)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for old in cache_directory().glob("base-*.tar"):
        if old != archive:
            old.unlink()
    return archive


@cache
def key() -> str:
    """What the base layer is made of; asked first as the cloud starts, whatever is installed on the host afterwards."""
    digest = hashlib.sha256()
    for file in (_RECIPE, Path(__file__), Path("/var/lib/dpkg/status")):
        digest.update(file.read_bytes() if file.exists() else b"")
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def hide_host(upper: Path) -> None:
    """Hide what is on the host and not in a plain Debian, by overlayfs's own means (whiteouts, opaque directories).

    https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
    """
    for entry in Path("/").iterdir():
        if entry.name not in _KNOWN:
            os.mknod(upper / entry.name, stat.S_IFCHR, os.makedev(0, 0))
    for name, mode in _EMPTIED.items():
        _opaque(upper / name, mode)
    _opaque(upper / "usr/local", 0o755)
    for name in _USR_LOCAL:
        (upper / "usr/local" / name).mkdir()
    # The host may trust an authority of its own, and update-ca-certificates must keep doing so.
    authorities = Path("/usr/local/share/ca-certificates")
    if authorities.is_dir():
        shutil.copytree(authorities, upper / "usr/local/share/ca-certificates")
    _empty_logs(upper)


def _opaque(directory: Path, mode: int) -> None:
    _parents(directory.parent)
    directory.mkdir()
    directory.chmod(mode)
    os.setxattr(directory, "trusted.overlay.opaque", b"y")


def _parents(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)


def _empty_logs(upper: Path) -> None:
    """Keep the directories under /var/log with their owners, without the files."""
    _opaque(upper / "var/log", 0o755)
    for parent, names, _ in os.walk("/var/log"):
        for name in names:
            host = Path(parent, name)
            if host.is_symlink():
                continue
            mine = upper / str(host).lstrip("/")
            known = host.stat()
            mine.mkdir()
            mine.chmod(stat.S_IMODE(known.st_mode))
            os.chown(mine, known.st_uid, known.st_gid)
