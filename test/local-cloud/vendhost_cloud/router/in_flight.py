"""Requests that targets are answering, so that a target which is deregistered may finish them first.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
"""

import threading
from collections import Counter
from collections.abc import Callable

Target = tuple[str, str]
"""ARN of the target group, and id of the target."""

Address = tuple[str, int]

_changed = threading.Condition()
_counts: Counter[Target] = Counter()


def begin(choose: Callable[[], tuple[Target, Address]]) -> tuple[Target, Address]:
    """Choose a target and count the request in one step: nobody sees the target without requests in between."""
    with _changed:
        target, address = choose()
        _counts[target] += 1
        return target, address


def end(target: Target) -> None:
    """The request was answered, or failed."""
    with _changed:
        _counts[target] -= 1
        _changed.notify_all()


def are_there(target: Target) -> bool:
    """Whether the target still answers requests."""
    with _changed:
        return _counts[target] > 0


def wait_for_none(targets: list[Target], seconds: float) -> None:
    """Let deregistered targets finish their requests, for so long at most."""
    with _changed:
        _changed.wait_for(lambda: all(_counts[target] == 0 for target in targets), timeout=seconds)
