"""Elastic Load Balancing as AWS does it where ministack is lenient: priorities, names, protection, health."""

from vendhost_cloud.load_balancers import (
    associations,
    certificates,
    existence,
    limits,
    names,
    protection,
    rules,
    target_health,
)


def register() -> None:
    """Replace ministack's actions, and the CloudFormation handlers that do not use them."""
    for part in (limits, names, existence, protection, rules, associations, certificates, target_health):
        part.register()
