"""Step in front of ministack's own ELB actions and CloudFormation handlers."""

from collections.abc import Callable
from typing import Any

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Params, encode_error

Answer = tuple[int, dict[str, str], bytes]
Known = Callable[[Params], Answer]


def before(operation: str, step: Callable[[Params, Known], Answer]) -> None:
    """Let `step(params, known)` answer an ELB action; AwsErrors become ELB's error answers."""
    known: Known = alb._ACTION_MAP[operation]

    def answer(params: Params) -> Answer:
        try:
            return step(params, known)
        except AwsError as error:
            return error.status, {"Content-Type": "text/xml"}, encode_error("elbv2", error)

    alb._ACTION_MAP[operation] = answer


def around_resource(resource_type: str, verb: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Wrap how CloudFormation creates, updates or deletes a type."""
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    handlers[verb] = wrap(handlers[verb])


def flat(params: Params, name: str) -> str:
    """A parameter's value, or an empty string."""
    return str(alb._p(params, name))
