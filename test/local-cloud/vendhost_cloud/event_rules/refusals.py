"""What EventBridge refuses of rules and targets.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html, API_PutTargets.html, API_DeleteRule.html
and API_InputTransformer.html; a pattern that is not valid is ministack's to refuse.
"""

import json
import re
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import eventbridge

from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call, Response, before

Target = dict[str, Any]

_MOST_TARGETS = 5
_NEED_A_ROLE = re.compile(r"^arn:[^:]+:(codebuild|codepipeline|states|kinesis|ecs|batch):")
_PREDEFINED = "aws.events."
_TEXT_OR_PLACEHOLDER = re.compile(r'"(?:\\.|[^"\\])*"|<[^<>\s]+>')
_PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
_PATH = re.compile(r"^\$(\.[\w/*-]+(\[(\d+|\*)\])*)*$")


def register() -> None:
    before("events", _look)


def _look(call: Call) -> Response | None:
    request = call.json
    if call.operation == "PutRule":
        _check_rule(request)
    if call.operation == "PutTargets":
        _check_targets(request)
    if call.operation == "DeleteRule" and _targets_of(str(request.get("Name")), request):
        raise _invalid("Rule can't be deleted since it has targets.")
    return None


def _check_rule(request: Target) -> None:
    name = str(request.get("Name", ""))
    if not re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", name):
        raise _invalid(f"Value '{name}' at 'name' failed to satisfy constraint: [\\.\\-_A-Za-z0-9]+, 64 at most")
    if not request.get("EventPattern") and not request.get("ScheduleExpression"):
        raise _invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")


def _check_targets(request: Target) -> None:
    given = request.get("Targets") or []
    ids = {one["Id"] for one in _targets_of(str(request.get("Rule")), request)} | {one.get("Id") for one in given}
    if len(ids) > _MOST_TARGETS:
        raise AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    for target in given:
        _check_target(target)


def _check_target(target: Target) -> None:
    name, arn = target.get("Id"), str(target.get("Arn", ""))
    if _NEED_A_ROLE.match(arn) and not target.get("RoleArn"):
        raise _invalid(f"RoleArn is required for target {arn}.")
    if ":codepipeline:" in arn and arn.split(":")[4] != get_account_id():
        message = f"Access to the resource {arn} is denied. Reason: Adding cross-account target is not permitted."
        raise AwsError("AccessDeniedException", message)
    if sum(one in target for one in ("Input", "InputPath", "InputTransformer")) > 1:
        raise _invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.")
    transformer = target.get("InputTransformer")
    if transformer is not None:
        _check_transformer(str(name), transformer)


def _check_transformer(name: str, transformer: Target) -> None:
    paths: dict[str, str] = transformer.get("InputPathsMap") or {}
    template = str(transformer.get("InputTemplate", ""))
    for key, path in paths.items():
        if key.lower().startswith("aws"):
            raise _invalid(f"InputPathsMap for target {name} has the reserved key {key}.")
        if not _PATH.fullmatch(str(path)):
            raise _invalid(f"Invalid InputPath for target {name}: {path}.")
    for placeholder in _PLACEHOLDER.findall(template):
        if placeholder not in paths and not placeholder.startswith(_PREDEFINED):
            raise _invalid(f"InputTemplate for target {name} contains invalid placeholder {placeholder}.")
    if template.lstrip().startswith("{"):
        try:
            # A placeholder outside of quotes is a value of its own.
            json.loads(_TEXT_OR_PLACEHOLDER.sub(lambda one: one[0] if one[0].startswith('"') else "0", template))
        except ValueError as error:
            raise _invalid(f"Invalid InputTemplate for target {name} : [{error}].") from error


def _targets_of(rule: str, request: Target) -> list[Target]:
    key = eventbridge._rule_key(rule, request.get("EventBusName", "default"))
    return list(eventbridge._targets.get(key) or [])


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
