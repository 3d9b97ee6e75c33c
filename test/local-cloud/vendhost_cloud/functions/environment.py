"""What a function's process sees of the environment: its own variables and Lambda's, nothing of the local cloud's.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. Lambda's Node has the AWS SDK
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included); here it is as much of it as this
checkout has, and no other package.
"""

import os
import subprocess
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

from vendhost_cloud.state import cloud_directory

_KEPT = ("PATH", "LANG")
_PACKAGES = Path(__file__).resolve().parents[4] / "node_modules"


def register() -> None:
    lambda_runtime.subprocess = SimpleNamespace(
        PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL, STDOUT=subprocess.STDOUT, Popen=_start
    )


def _start(command: list[str], *, env: dict[str, str], **options: Any) -> "subprocess.Popen[str]":
    own = {name: value for name, value in env.items() if name in _KEPT or os.environ.get(name) != value}
    return subprocess.Popen(command, env={"NODE_PATH": str(_included()), **own}, **options)


@cache
def _included() -> Path:
    """A directory of packages with the SDK alone."""
    directory = cloud_directory() / "lambda-runtime"
    directory.mkdir()
    for scope in ("@aws-sdk", "@smithy"):
        (directory / scope).symlink_to(_PACKAGES / scope)
    return directory
