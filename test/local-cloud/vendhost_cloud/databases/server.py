"""One running database server."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from vendhost_cloud.databases.certificate import write_certificate
from vendhost_cloud.databases.software import Software

_START_SECONDS = 100.0
_STOP_SECONDS = 60.0

# Ends the server with this process, however that ends: the kernel closes the pipe that `read` waits on.
_GUARD = '"$@" & server=$!; read -r _; kill "$server"; wait "$server"'


_LIKE_MYSQL = {
    "character-set-server": "utf8mb4",
    # What is nearest to utf8mb4_0900_ai_ci: neither case nor accents count, blanks at the end do.
    "collation-server": "utf8mb4_unicode_520_nopad_ci",
    "sql-mode": "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION",
}
"""Defaults of MySQL 8.4 that MariaDB can have too (https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html)."""


@dataclass(frozen=True)
class Settings:
    address: str
    port: int
    username: str
    password: str
    schema: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Server variables out of the parameter group."""


class Server:
    """A MariaDB in a directory of its own, listening on one loopback address."""

    def __init__(self, software: Software, directory: Path, settings: Settings) -> None:
        self._software = software
        self._directory = directory
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until the administrator can log in. Raises RuntimeError with the log's tail."""
        if not self._directory.exists():
            self._directory.mkdir(parents=True)
            shutil.copytree(self._software.empty_data, self._data)
            write_certificate(self._certificate, self._key, self.settings.address)
        self._write_accounts()
        with (self._directory / "server.log").open("ab") as output:
            self._process = subprocess.Popen(
                ["sh", "-c", _GUARD, "sh", *self._command()],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=self._software.environment,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the database did not start: {self._log_tail()}")
            time.sleep(0.05)

    def change_password(self, password: str) -> None:
        """While it runs: connections that are open stay. Raises RuntimeError with what the server says."""
        if password == self.settings.password:
            return
        changed = replace(self.settings, password=password)
        tried = self._execute(f"ALTER USER {_administrator(changed)} IDENTIFIED BY '{_quoted(password)}'")
        if tried.returncode != 0:
            raise RuntimeError(f"the password did not change: {tried.stderr.decode(errors='replace')}")
        self.settings = changed
        self._write_accounts()

    def stop(self) -> None:
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def remove(self) -> None:
        """Stop it and delete its data."""
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    @property
    def _certificate(self) -> Path:
        return self._directory / "certificate.pem"

    @property
    def _key(self) -> Path:
        return self._directory / "key.pem"

    def _command(self) -> list[str]:
        settings = self.settings
        options = {
            "basedir": self._software.base,
            "datadir": self._data,
            "bind-address": settings.address,
            "port": settings.port,
            "socket": self._directory / "server.sock",
            "pid-file": self._directory / "server.pid",
            "init-file": self._directory / "init.sql",
            "ssl-cert": self._certificate,
            "ssl-key": self._key,
            # Small and quick: no data here outlives the cloud.
            "innodb-log-file-size": "4M",
            "innodb-buffer-pool-size": "16M",
            "innodb-flush-method": "nosync",
            "performance-schema": "OFF",
            **_LIKE_MYSQL,
            **{name.replace("_", "-"): value for name, value in settings.parameters.items()},
        }
        root = ["--user=root"] if os.geteuid() == 0 else []
        flags = [f"--{name}={value}" for name, value in options.items()]
        return [str(self._software.server), "--no-defaults", "--skip-name-resolve", *flags, *root]

    def _write_accounts(self) -> None:
        (self._directory / "init.sql").write_text(_accounts(self.settings))

    def _answers(self) -> bool:
        return self._execute("SELECT 1").returncode == 0

    def _execute(self, statement: str) -> subprocess.CompletedProcess[bytes]:
        settings = self.settings
        command = [str(self._software.client), "--no-defaults", "--ssl", f"--host={settings.address}"]
        login = [f"--port={settings.port}", f"--user={settings.username}", f"--execute={statement}"]
        environment = {**self._software.environment, "MYSQL_PWD": settings.password}
        return subprocess.run([*command, *login], env=environment, capture_output=True, check=False)

    def _log_tail(self) -> str:
        return (self._directory / "server.log").read_text(errors="replace")[-800:]


def _accounts(settings: Settings) -> str:
    """SQL run at every start: the administrator with the current password, and the schema."""
    administrator = _administrator(settings)
    schema = settings.schema.replace("`", "``")
    statements = [
        f"CREATE USER IF NOT EXISTS {administrator}",
        f"ALTER USER {administrator} IDENTIFIED BY '{_quoted(settings.password)}'",
        f"GRANT ALL ON *.* TO {administrator} WITH GRANT OPTION",
        *([f"CREATE DATABASE IF NOT EXISTS `{schema}`"] if schema else []),
    ]
    return "".join(f"{statement};\n" for statement in statements)


def _administrator(settings: Settings) -> str:
    return f"'{_quoted(settings.username)}'@'%'"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")
