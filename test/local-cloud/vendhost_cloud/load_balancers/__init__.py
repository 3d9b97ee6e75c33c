"""Elastic Load Balancing as AWS does it where ministack is lenient: priorities, names, health of targets."""

from . import names, rules, target_health


def register() -> None:
    """Replace ministack's actions, and CloudFormation's ways past them."""
    for part in (names, rules, target_health):
        part.register()
