"""Updates without effect: AWS refuses new values of parameters that reach neither a resource nor an output.

https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2027
"""

import re
from collections.abc import Iterator
from typing import Any

from ministack.services.cloudformation import handlers


def register() -> None:
    original = handlers._stack_has_no_updates

    def has_no_updates(
        stack: dict[str, Any], template: dict[str, Any], values: dict[str, Any], *arguments: Any, **options: Any
    ) -> bool:
        used = set(_references([template.get(part, {}) for part in ("Conditions", "Resources", "Outputs")]))
        current = stack.get("_resolved_params", {})
        reaching = {name: value if name in used else current.get(name, value) for name, value in values.items()}
        return bool(original(stack, template, reaching, *arguments, **options))

    handlers._stack_has_no_updates = has_no_updates


def _references(value: Any) -> Iterator[str]:
    """Names that Ref, Fn::Sub and the conditions of a template mention."""
    if isinstance(value, str):
        yield from re.findall(r"\$\{([A-Za-z0-9]+)\}", value)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield str(item)
            yield from _references(item)
