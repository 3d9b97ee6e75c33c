"""Limits of Parameter Store.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html and API_GetParametersByPath.html
"""

from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call, before

_LONGEST = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
_LARGEST_PAGE = 10


def register() -> None:
    before("ssm", _check)


def _check(call: Call) -> None:
    if call.operation == "PutParameter":
        _check_value(str(call.json.get("Value", "")), str(call.json.get("Tier") or "Standard"))
    if call.operation == "GetParametersByPath":
        _check_path(str(call.json.get("Path", "")), call.json.get("MaxResults"))


def _check_value(value: str, tier: str) -> None:
    if not value:
        raise AwsError(
            "ValidationException",
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        )
    if len(value) > _LONGEST.get(tier, 0):
        raise AwsError(
            "ValidationException",
            f"{tier} tier parameters support a maximum parameter value of {_LONGEST.get(tier)} characters.",
        )
    if "{{" in value:
        raise AwsError(
            "ValidationException",
            'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.',
        )


def _check_path(path: str, size: object) -> None:
    if not path.startswith("/"):
        raise AwsError(
            "ValidationException",
            'The parameter path must begin with a forward slash "/" and consist of valid parameter name segments.',
        )
    if isinstance(size, int) and not 1 <= size <= _LARGEST_PAGE:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: "
            f"Member must have value less than or equal to {_LARGEST_PAGE}",
        )
