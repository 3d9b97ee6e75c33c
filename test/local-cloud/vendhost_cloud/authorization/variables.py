"""Policy variables in conditions and resources, like `${aws:PrincipalTag/team}`, which ministack compares as written.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from dataclasses import replace
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext

_VARIABLE = re.compile(r"\$\{([^},]+)\}")

_met = iam_evaluator._conditions_met
_match = iam_evaluator._first_match


def register() -> None:
    iam_evaluator._conditions_met = _conditions_met
    iam_evaluator._first_match = _first_match
    # ministack reads a resource's tags only for a caller whose own policies ask for them; a boundary may ask, too.
    iam_evaluator._names_condition_key = _asks_for_tags


def _asks_for_tags(_policies: Any, _prefix: str) -> bool:
    return True


def _conditions_met(conditions: dict[str, Any], context: EvalContext) -> bool:
    """Conditions with their variables replaced; one whose variable has no value is not met."""
    try:
        replaced = {operator: _replace(keys, context) for operator, keys in (conditions or {}).items()}
    except LookupError:
        return False
    return bool(_met(replaced, context))


def _first_match(context: EvalContext, statements: list[Any], effect: str) -> Any:
    """The first statement that matches, with the variables of its resources replaced; a resource whose variable has no
    value matches nothing."""
    return _match(context, [_with_resources(one, context) for one in statements], effect)


def _with_resources(statement: Any, context: EvalContext) -> Any:
    if not any("${" in one for one in statement.resources):
        return statement
    resources: list[str] = []
    for resource in statement.resources:
        try:
            resources.append(_replace(resource, context))
        except LookupError:
            resources.append("")
    return replace(statement, resources=resources)


def _replace(value: Any, context: EvalContext) -> Any:
    if isinstance(value, dict):
        return {key: _replace(inner, context) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replace(inner, context) for inner in value]
    return _VARIABLE.sub(lambda match: _value(match[1], context), value) if isinstance(value, str) else value


def _value(key: str, context: EvalContext) -> str:
    found = iam_evaluator._resolve_condition_key(key, context)
    if not isinstance(found, str):
        raise LookupError(key)
    return found
