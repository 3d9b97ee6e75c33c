"""A build's log: a stream of CloudWatch Logs, written with the rights of the service role."""

import time
from datetime import UTC, datetime

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs

from vendhost_cloud.builds.store import Document
from vendhost_cloud.roles import Role
from vendhost_cloud.service_api import call

_SHORTEST_SECRET = 3


class Journal:
    """Lines with a time, as CodeBuild's agent writes its own, and those of commands; secrets are masked."""

    def __init__(self, logs: Document) -> None:
        self._logs = logs
        self._stream: Document | None = None
        self._secrets: list[str] = []

    def open(self, role: Role) -> None:
        """Raises AccessDenied where the role may not write the log."""
        group, name = self._logs.get("groupName"), self._logs.get("streamName")
        if group is None:
            return
        arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{group}"
        if group not in cloudwatch_logs._log_groups:
            role.require("logs:CreateLogGroup", f"{arn}:*")
            call("logs", "CreateLogGroup", {"logGroupName": group})
        role.require("logs:CreateLogStream", f"{arn}:*")
        role.require("logs:PutLogEvents", f"{arn}:log-stream:{name}")
        call("logs", "CreateLogStream", {"logGroupName": group, "logStreamName": name})
        self._stream = cloudwatch_logs._log_groups[group]["streams"][name]

    def hide(self, values: list[str]) -> None:
        """Mask these from now on."""
        self._secrets += [one for one in values if len(one) >= _SHORTEST_SECRET]

    def say(self, line: str) -> None:
        """A line of the agent's own."""
        self.write(f"[Container] {datetime.now(UTC).strftime('%Y/%m/%d %H:%M:%S.%f')} {line}")

    def write(self, line: str) -> None:
        for secret in self._secrets:
            line = line.replace(secret, "***")
        if self._stream is not None:
            now = int(time.time() * 1000)
            event = {"timestamp": now, "ingestionTime": now, "message": f"{line}\n"}
            cloudwatch_logs._append_log_events(self._stream, [event])
