"""Start the local cloud: ministack with this plug-in's services registered."""

import sys
from importlib import import_module

import ministack.app

from vendhost_cloud import parent, seams

PARTS: tuple[str, ...] = (
    "machines",
    "ec2",
    "ebs",
    "metadata_service",
    "load_balancers",
    "auto_scaling",
    "router",
    "codedeploy",
    "codepipeline",
    "bills",
    "builds",
    "cloudformation",
    "databases",
    "logs",
    "account_limits",
    "drift",
    "event_rules",
    "functions",
    "alarms",
    "rest_apis",
    "web_identity",
    "assume_role",
    "certificates",
    "refusals",
    "run_command",
    "automations",
    "world",
    "authorization",
    "answers",
)
"""Modules of this package (or packages in it), each with a `register()`."""


def main() -> None:
    parent.watch()
    try:
        seams.check()
    except seams.MissingSeams as missing:
        sys.exit(str(missing))
    for part in PARTS:
        import_module(f"vendhost_cloud.{part}").register()
    ministack.app.main()


if __name__ == "__main__":
    main()
