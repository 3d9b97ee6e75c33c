"""Requests that CloudFormation refuses at once: parameters and references that the template does not have.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services.cloudformation import handlers
from ministack.services.cloudformation.engine import _intrinsic_references, _parse_template
from ministack.services.cloudformation.helpers import _error

Parameters = dict[str, Any]
Handler = Callable[[Parameters], Any]

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


def register() -> None:
    for operation in ("CreateChangeSet", "CreateStack", "UpdateStack"):
        handlers._ACTION_HANDLERS[operation] = _checked(handlers._ACTION_HANDLERS[operation])


def _checked(handler: Handler) -> Handler:
    def handle(parameters: Parameters) -> Any:
        flat = {name: str(value[0] if isinstance(value, list) else value) for name, value in parameters.items()}
        fault = next(_faults(flat), None)
        return handler(parameters) if fault is None else _error("ValidationError", fault)

    return handle


def _faults(request: dict[str, str]) -> Iterator[str]:
    name = request.get("ChangeSetName")
    if name is not None and not _NAME.fullmatch(name):
        yield (
            f"1 validation error detected: Value '{name}' at 'changeSetName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    try:
        template = _parse_template(request.get("TemplateBody", ""))
    except Exception:
        return  # ministack names the fault
    declared = template.get("Parameters") or {}
    given = [value for key, value in request.items() if re.fullmatch(r"Parameters\.member\.\d+\.ParameterKey", key)]
    unknown = sorted(set(given) - set(declared))
    if unknown:
        yield f"Parameters: [{', '.join(unknown)}] do not exist in the template"
    if "Transform" in template:
        return  # a macro may still make what is referred to
    known = {*declared, *(template.get("Resources") or {})}
    for block in ("Resources", "Outputs"):
        missing = sorted(set(_references(template.get(block) or {})) - known)
        if missing:
            yield (
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the {block} block "
                "of the template"
            )


def _references(block: dict[str, Any]) -> Iterator[str]:
    for part in block.values():
        for name, _ in _intrinsic_references(part):
            if not name.startswith("AWS::"):
                yield name
        after = part.get("DependsOn", []) if isinstance(part, dict) else []
        yield from [after] if isinstance(after, str) else after
