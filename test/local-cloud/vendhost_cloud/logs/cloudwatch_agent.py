#!/usr/bin/env python3
"""The CloudWatch agent of an instance of the local cloud: sends what is in the log files that its configuration names.

Runs inside the instance, with the standard library alone. What it does not know of the real agent's configuration is an
error. It does as the real one does (github.com/aws/amazon-cloudwatch-agent, plugins/inputs/logfile and
plugins/outputs/cloudwatchlogs): the newest file of a glob or all of them, entries that begin without white space,
streams made before the first batch, offsets kept.
"""

import hashlib
import hmac
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Document = dict[str, Any]

STATE = Path("/opt/aws/amazon-cloudwatch-agent/logs/state")
METADATA = "http://169.254.169.254/latest"
KNOWN = {
    "": {"agent", "logs"},
    "agent": {"region", "run_as_user"},
    "logs": {"logs_collected"},
    "logs.logs_collected": {"files"},
    "logs.logs_collected.files": {"collect_list"},
}
KNOWN_OF_FILE = {"file_path", "log_group_name", "log_stream_name", "timestamp_format", "publish_multi_logs"}
LOOK_SECONDS = 0.5
"""Between two looks at the files; the real agent sends every five seconds."""
MOST_EVENTS, MOST_BYTES, BYTES_EACH = 10_000, 1_048_576, 26


def check(config: Document, where: str = "") -> set[str]:
    """Exit with what this agent does not know."""
    foreign = set(config) - KNOWN[where]
    for name in KNOWN[where] & set(config):
        inner = f"{where}.{name}".lstrip(".")
        if inner in KNOWN:
            foreign |= check(config[name], inner)
    for entry in config.get("collect_list", []) if where.endswith(".files") else []:
        foreign |= set(entry) - KNOWN_OF_FILE
    if where == "" and foreign:
        sys.exit(f"the local cloud's CloudWatch agent does not know {', '.join(sorted(foreign))}")
    return foreign


def get(url: str, headers: dict[str, str] | None = None, method: str = "GET") -> str:
    request = urllib.request.Request(url, headers=headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


def metadata(path: str) -> str:
    token = get(f"{METADATA}/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}, "PUT")
    return get(f"{METADATA}/{path}", {"X-aws-ec2-metadata-token": token})


class Refused(Exception):
    """An error answer of CloudWatch Logs; its text is the code."""


class Logs:
    """CloudWatch Logs, with the credentials of the instance's role."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.endpoint = os.environ["AWS_ENDPOINT_URL"]
        self.credentials: Document = {}

    def call(self, operation: str, request: Document) -> None:
        body = json.dumps(request).encode()
        call = urllib.request.Request(self.endpoint, body, self._headers(operation, body))
        try:
            with urllib.request.urlopen(call, timeout=30) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            code = json.loads(error.read() or b"{}").get("__type", str(error.code))
            raise Refused(code.rpartition("#")[2]) from error

    def _headers(self, operation: str, body: bytes) -> dict[str, str]:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""
        if self.credentials.get("_until", 0) < time.time():
            role = metadata("meta-data/iam/security-credentials/").split()[0]
            read = json.loads(metadata(f"meta-data/iam/security-credentials/{role}"))
            self.credentials = {**read, "_until": time.time() + 900}
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{self.region}/logs/aws4_request"
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": self.endpoint.partition("//")[2],
            "x-amz-date": now,
            "x-amz-security-token": self.credentials["Token"],
            "x-amz-target": f"Logs_20140328.{operation}",
        }
        signed = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"AWS4{self.credentials['SecretAccessKey']}".encode()
        for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}"):
            key = hmac.digest(key, part.encode(), "sha256")
        who = f"Credential={self.credentials['AccessKeyId']}/{scope}"
        return {
            **headers,
            "Authorization": f"AWS4-HMAC-SHA256 {who}, SignedHeaders={signed}, Signature={key.hex()}",
        }


class Source:
    """One file: what of it was sent, and where it is sent to."""

    def __init__(self, path: str, group: str, stream: str, layout: str | None) -> None:
        self.path, self.group, self.stream, self.layout = path, group, stream, layout
        self.state = STATE / hashlib.sha256(f"{path} {group}".encode()).hexdigest()
        self.offset = int(self.state.read_text()) if self.state.exists() else 0
        self.is_ready = False

    def events(self) -> tuple[list[Document], int]:
        """Entries beyond the offset, and the offset behind them. The last line counts when it is whole."""
        with Path(self.path).open("rb") as file:
            if os.fstat(file.fileno()).st_size < self.offset:
                self.offset = 0
            file.seek(self.offset)
            read = file.read()
        whole = read[: read.rfind(b"\n") + 1]
        entries: list[str] = []
        for line in whole.decode(errors="replace").splitlines():
            if entries and (not line or line[0].isspace()):
                entries[-1] += f"\n{line}"
            elif line.strip():
                entries.append(line)
        return [{"timestamp": self._time(entry), "message": entry} for entry in entries], self.offset + len(whole)

    def _time(self, entry: str) -> int:
        now = int(time.time() * 1000)
        if self.layout is None:
            return now
        # As the real agent: the text that the format matches, in the instance's own time zone.
        length = len(datetime.now().strftime(self.layout.replace("%f", "000")))
        try:
            return int(datetime.strptime(entry[:length], self.layout).timestamp() * 1000)
        except ValueError:
            return now

    def keep(self, offset: int) -> None:
        self.offset = offset
        self.state.write_text(str(offset))


def sources(config: Document, instance: str) -> Iterator[tuple[str, str, str, str | None]]:
    """The files there are now. Without publish_multi_logs it is the newest one of a glob."""
    for entry in config["logs"]["logs_collected"]["files"]["collect_list"]:
        globbed = Path("/").glob(entry["file_path"].lstrip("/"))
        paths = [str(path) for path in globbed if path.is_file()]
        stream = entry["log_stream_name"].replace("{instance_id}", instance)
        if not entry.get("publish_multi_logs"):
            newest = sorted(paths, key=os.path.getmtime)[-1:]
            yield from ((path, entry["log_group_name"], stream, entry.get("timestamp_format")) for path in newest)
            continue
        for path in paths:
            if Path(path).suffix in (".tar", ".zst", ".gz", ".zip", ".bz2", ".rar"):
                continue
            part = re.sub(r"[^.\-_/#A-Za-z0-9]", "_", path).replace("/", "_")
            yield path, entry["log_group_name"], f"{stream}_{part}", entry.get("timestamp_format")


def send(logs: Logs, source: Source) -> None:
    events, offset = source.events()
    if not events:
        return
    if not source.is_ready:
        make_stream(logs, source)
    for batch in batches(sorted(events, key=lambda event: event["timestamp"])):
        place = {"logGroupName": source.group, "logStreamName": source.stream}
        logs.call("PutLogEvents", {**place, "logEvents": batch})
    source.keep(offset)


def make_stream(logs: Logs, source: Source) -> None:
    """The real agent creates a group that is not there; here its role may not."""
    place = {"logGroupName": source.group, "logStreamName": source.stream}
    try:
        logs.call("CreateLogStream", place)
    except Refused as refused:
        if str(refused) == "ResourceNotFoundException":
            logs.call("CreateLogGroup", {"logGroupName": source.group})
            logs.call("CreateLogStream", place)
        elif str(refused) != "ResourceAlreadyExistsException":
            raise
    source.is_ready = True


def batches(events: list[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    for event in events:
        bytes_ = len(event["message"].encode()) + BYTES_EACH
        spans = batch and event["timestamp"] - batch[0]["timestamp"] > 24 * 3_600_000
        if batch and (spans or len(batch) == MOST_EVENTS or size + bytes_ > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += bytes_
    if batch:
        yield batch


def look(logs: Logs, config: Document, instance: str, known: dict[tuple[str, str], Source]) -> None:
    for path, group, stream, layout in sources(config, instance):
        source = known.setdefault((path, group), Source(path, group, stream, layout))
        try:
            send(logs, source)
        except (Refused, OSError, KeyError, ValueError) as error:
            # Sent again with the next look.
            print(f"{time.strftime('%FT%TZ', time.gmtime())} E! {path}: {type(error).__name__}: {error}", flush=True)


def main() -> None:
    if sys.argv[1] == "--check":
        check(json.loads(Path(sys.argv[2]).read_text()))
        return
    configs = [json.loads(file.read_text()) for file in sorted(Path(sys.argv[1]).iterdir())]
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    instance = metadata("meta-data/instance-id")
    logs = Logs(configs[0]["agent"]["region"])
    known: dict[tuple[str, str], Source] = {}
    while True:
        ends = stopped.wait(LOOK_SECONDS)
        for config in configs:
            look(logs, config, instance, known)
        if ends:
            return


if __name__ == "__main__":
    main()
