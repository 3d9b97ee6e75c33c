"""The CloudWatch agent's package where AWS publishes it: a Debian package of this cloud's own agent.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/download-cloudwatch-agent-commandline.html
"""

import gzip
import io
import tarfile
from pathlib import Path

from vendhost_cloud import published

_HERE = Path(__file__).parent
_HOME = "opt/aws/amazon-cloudwatch-agent"
_FILES = {
    f"{_HOME}/bin/amazon-cloudwatch-agent": _HERE / "cloudwatch_agent.py",
    f"{_HOME}/bin/amazon-cloudwatch-agent-ctl": _HERE / "amazon-cloudwatch-agent-ctl.sh",
}
_CONTROL = """Package: amazon-cloudwatch-agent
Version: 1.300071.0-local
Architecture: all
Maintainer: The local cloud of Vendhost
Depends: python3
Description: Plays the CloudWatch agent from its configuration
"""


def publish() -> None:
    keys = tuple(
        f"{system}/{architecture}/latest/amazon-cloudwatch-agent.deb"
        for system in ("debian", "ubuntu")
        for architecture in ("amd64", "arm64")
    )
    published.publish(r"amazoncloudwatch-agent-([a-z]{2}(?:-[a-z]+)+-\d)", keys, package)


def package() -> bytes:
    """https://manpages.debian.org/bookworm/dpkg-dev/deb.5.en.html"""
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": _archive({"control": (_CONTROL.encode(), 0o644)}),
        "data.tar.gz": _archive({name: (file.read_bytes(), 0o755) for name, file in _FILES.items()}),
    }
    parts = [b"!<arch>\n"]
    for name, content in members.items():
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode())
        parts.append(content + b"\n" * (len(content) % 2))
    return b"".join(parts)


def _archive(files: dict[str, tuple[bytes, int]]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        folders = {str(parent) for name in files for parent in Path(name).parents if str(parent) != "."}
        for folder in sorted(folders):
            entry = tarfile.TarInfo(f"./{folder}")
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(made.getvalue(), mtime=0)
