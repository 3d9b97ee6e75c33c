"""Unpack a revision as the agent's unzip and tar do."""

import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path


def unpack(bundle: Path, kind: str, target: Path) -> None:
    """Replace `target` by the content of the bundle (zip, tar or tgz)."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if kind == "zip":
        _unzip(bundle, target)
    else:
        # The program, as the agent does: the module of Debian's Python 3.11 cannot refuse paths outside the target.
        how = ["--gzip"] if kind == "tgz" else []
        command = ["tar", "--extract", *how, f"--file={bundle}", f"--directory={target}"]
        subprocess.run(command, check=True, capture_output=True)


def _unzip(bundle: Path, target: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        directories: list[tuple[Path, int]] = []
        for entry in archive.infolist():
            path = target / entry.filename
            if not path.resolve().is_relative_to(target):
                raise ValueError(f"the revision has a path that leads out of it: {entry.filename}")
            mode = entry.external_attr >> 16
            if entry.is_dir():
                path.mkdir(parents=True, exist_ok=True)
                directories.append((path, mode))
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if stat.S_ISLNK(mode):
                path.symlink_to(os.fsdecode(archive.read(entry)))
                continue
            with archive.open(entry) as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
            if stat.S_IMODE(mode):
                path.chmod(stat.S_IMODE(mode))
    for path, mode in directories:
        if stat.S_IMODE(mode):
            path.chmod(stat.S_IMODE(mode))
