"""What a function's process sees of the environment: its own variables and Lambda's, nothing of the local cloud's.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

_KEPT = ("PATH", "LANG")
_MODULES = str(Path(__file__).resolve().parents[4] / "node_modules")
"""Lambda's Node has the SDK, and finds it by NODE_PATH; here it is that of this checkout."""


def register() -> None:
    lambda_runtime.subprocess = SimpleNamespace(
        PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL, STDOUT=subprocess.STDOUT, Popen=_start
    )


def _start(command: list[str], *, env: dict[str, str], **options: Any) -> "subprocess.Popen[str]":
    own = {name: value for name, value in env.items() if name in _KEPT or os.environ.get(name) != value}
    return subprocess.Popen(command, env={**own, "NODE_PATH": _MODULES}, **options)
