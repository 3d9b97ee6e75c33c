"""Policy variables in conditions, like `${aws:PrincipalTag/team}`, which ministack compares as they are written.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext

_VARIABLE = re.compile(r"\$\{([^},]+)\}")

_met = iam_evaluator._conditions_met


def register() -> None:
    iam_evaluator._conditions_met = _conditions_met
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
