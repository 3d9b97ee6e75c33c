"""Where this run of the local cloud keeps its files."""

import os
import tempfile
from functools import cache
from pathlib import Path


@cache
def cloud_directory() -> Path:
    """The state directory of this run: VENDHOST_CLOUD_DIR, else a new temporary directory."""
    given = os.environ.get("VENDHOST_CLOUD_DIR")
    directory = Path(given) if given else Path(tempfile.mkdtemp(prefix="vendhost-cloud-"))
    directory.mkdir(parents=True, exist_ok=True)
    return directory.resolve()


@cache
def cache_directory() -> Path:
    """Where files are kept between runs: VENDHOST_CLOUD_CACHE, else `.cache/` of the repository."""
    given = os.environ.get("VENDHOST_CLOUD_CACHE")
    directory = Path(given) if given else Path(__file__).resolve().parents[3] / ".cache" / "local-cloud"
    directory.mkdir(parents=True, exist_ok=True)
    return directory.resolve()


def log_directory() -> Path:
    """Where the instances' consoles are logged."""
    directory = cloud_directory() / "logs"
    directory.mkdir(exist_ok=True)
    return directory
