"""Where the agent keeps things on an instance (the real agent's places)."""

import shutil
from dataclasses import dataclass
from pathlib import Path

HOME = Path("/opt/codedeploy-agent")
ROOT = HOME / "deployment-root"
DEPLOYMENTS_LOG = ROOT / "deployment-logs" / "codedeploy-agent-deployments.log"
INSTRUCTIONS = ROOT / "deployment-instructions"
ARCHIVES_TO_RETAIN = 5


@dataclass(frozen=True)
class Layout:
    """The directories of one deployment of one group."""

    group: str
    deployment: str

    @property
    def directory(self) -> Path:
        return ROOT / self.group / self.deployment

    @property
    def cleanup(self) -> Path:
        """The paths the previous install of this group created, in order."""
        return INSTRUCTIONS / f"{self.group}-cleanup"

    @property
    def install(self) -> Path:
        return INSTRUCTIONS / f"{self.group}-install.json"

    def last_successful(self) -> Path | None:
        """The directory of the last revision whose Install event succeeded on this instance."""
        return _recorded(self._last_successful_file)

    def record(self, *, successful: bool) -> None:
        name = self._last_successful_file if successful else self._most_recent_file
        name.write_text(str(self.directory))

    def forget_old(self) -> None:
        """Keep the newest archives, and always the last successful one."""
        keep = {self.last_successful(), self.directory}
        old = sorted((ROOT / self.group).iterdir(), key=lambda path: path.stat().st_mtime)
        for path in old[: max(len(old) - ARCHIVES_TO_RETAIN, 0)]:
            if path not in keep:
                shutil.rmtree(path)

    @property
    def _last_successful_file(self) -> Path:
        return INSTRUCTIONS / f"{self.group}_last_successful_install"

    @property
    def _most_recent_file(self) -> Path:
        return INSTRUCTIONS / f"{self.group}_most_recent_install"


def _recorded(file: Path) -> Path | None:
    return Path(file.read_text().strip()) if file.exists() else None
