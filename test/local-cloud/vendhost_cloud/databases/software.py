"""MariaDB from Debian's packages, unpacked into the cache: nothing is installed on the host.

It stands in for RDS's MySQL: same protocol and SQL for what an application does, another server inside.
"""

import fcntl
import logging
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vendhost_cloud.state import cache_directory

log = logging.getLogger("vendhost")

_PACKAGES = ("mariadb-server-core", "mariadb-client-core")


@dataclass(frozen=True)
class Software:
    """An unpacked MariaDB and a freshly initialised data directory to copy."""

    home: Path

    @property
    def empty_data(self) -> Path:
        return self.home / "data"

    @property
    def server(self) -> Path:
        return self.home / "root/usr/sbin/mariadbd"

    @property
    def client(self) -> Path:
        return self.home / "root/usr/bin/mariadb"

    @property
    def base(self) -> Path:
        return self.home / "root/usr"

    @property
    def environment(self) -> dict[str, str]:
        """What its programs need to find their libraries."""
        libraries = sorted({str(library.parent) for library in (self.home / "root").rglob("*.so.*")})
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LD_LIBRARY_PATH": ":".join(libraries)}


@cache
def software() -> Software | None:
    """MariaDB, fetched on first use (12 MB); None, with the reason in the log, where there is no apt or network."""
    home = cache_directory() / "mariadb"
    building = cache_directory() / "mariadb.part"
    # Clouds that start at the same time wait for the first one. Files left by one that ended are stale.
    with (cache_directory() / "mariadb.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if home.is_dir():
            return Software(home)
        shutil.rmtree(building, ignore_errors=True)
        try:
            _unpack(building)
            _initialise(Software(building))
            building.rename(home)
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", "") or ""
            log.warning("no MariaDB, so databases accept no connections: %s %s", error, output[-500:])
            return None
    return Software(home)


def fetch_in_background() -> None:
    """Fetch it before the first database needs it."""
    threading.Thread(target=software, name="fetch MariaDB", daemon=True).start()


def _unpack(home: Path) -> None:
    archives = home / "archives"
    (archives / "partial").mkdir(parents=True)
    options = ["-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User="]
    install = ["apt-get", *options, "install", "--download-only", "--yes", "--no-install-recommends", *_PACKAGES]
    try:
        _run(install)
    except subprocess.CalledProcessError:
        # Package lists that are missing or older than the archive.
        _run(["apt-get", "update"])
        _run(install)
    for archive in sorted(archives.glob("*.deb")):
        _run(["dpkg", "--extract", str(archive), str(home / "root")])
    shutil.rmtree(archives)


def _initialise(made: Software) -> None:
    script = made.base / "bin/mariadb-install-db"
    options = [f"--basedir={made.base}", f"--datadir={made.empty_data}", "--auth-root-authentication-method=normal"]
    quick = ["--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=4M", "--innodb-flush-method=nosync"]
    root = ["--user=root"] if os.geteuid() == 0 else []
    _run([str(script), "--no-defaults", *options, *quick, *root], made.environment)


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, env=environment)
