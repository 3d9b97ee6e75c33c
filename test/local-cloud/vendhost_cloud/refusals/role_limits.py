"""Limits of IAM roles and of their sessions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

import json
import re
from typing import Any

from ministack.services import iam
from ministack.services.cloudformation import provisioners

from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call, before

_INLINE_CHARACTERS = 10_240
_TRUST_CHARACTERS = 2_048
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_HOURS = range(3_600, 43_201)

Properties = dict[str, Any]


def register() -> None:
    before("iam", _iam)
    before("sts", _sts)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]
    create, update = handlers["create"], handlers["update"]

    def create_within_limits(logical_id: str, properties: Properties, stack_name: str) -> Any:
        _check_properties(properties)
        return create(logical_id, properties, stack_name)

    def update_within_limits(
        physical_id: str, old: Properties, new: Properties, stack_name: str, *logical_id: str
    ) -> Any:
        _check_properties(new)
        return update(physical_id, old, new, stack_name, *logical_id)

    handlers["create"], handlers["update"] = create_within_limits, update_within_limits


def _iam(call: Call) -> None:
    given = call.parameters
    if call.operation == "CreateRole":
        _check_name(given.get("RoleName", ""))
    if call.operation in ("CreateRole", "UpdateRole") and given.get("MaxSessionDuration"):
        _check_duration(int(given["MaxSessionDuration"]))
    if call.operation in ("CreateRole", "UpdateAssumeRolePolicy"):
        _check_trust(given.get("AssumeRolePolicyDocument") or given.get("PolicyDocument") or "")
    if call.operation == "PutRolePolicy":
        name = given.get("RoleName", "")
        present: Properties = (iam._roles.get(name) or {}).get("InlinePolicies", {})
        _check_inline(name, {**present, given.get("PolicyName", ""): given.get("PolicyDocument", "")})


def _check_properties(properties: Properties) -> None:
    name = str(properties.get("RoleName") or "")
    try:
        if name:
            _check_name(name)
        _check_duration(int(properties.get("MaxSessionDuration", 3600)))
        _check_trust(properties.get("AssumeRolePolicyDocument"))
        _check_inline(name, {one["PolicyName"]: one["PolicyDocument"] for one in properties.get("Policies", [])})
    except AwsError as error:
        raise ValueError(
            f"{error.message} (Service: Iam, Status Code: {error.status}, Error Code: {error.code})"
        ) from None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'roleName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64",
        )


def _check_duration(seconds: int) -> None:
    if seconds not in _HOURS:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: "
            f"Member must be between {_HOURS.start} and {_HOURS.stop - 1}",
        )


def _check_trust(policy: Any) -> None:
    if _characters(policy) > _TRUST_CHARACTERS:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_TRUST_CHARACTERS}", 409)


def _check_inline(role: str, policies: Properties) -> None:
    if sum(_characters(one) for one in policies.values()) > _INLINE_CHARACTERS:
        message = f"Maximum policy size of {_INLINE_CHARACTERS} bytes exceeded for role {role}"
        raise AwsError("LimitExceeded", message, 409)


def _characters(policy: Any) -> int:
    """IAM does not count white space."""
    text = policy if isinstance(policy, str) else json.dumps(policy)
    return len(re.sub(r"\s", "", text))


def _sts(call: Call) -> None:
    if call.operation != "AssumeRole":
        return
    given = call.parameters
    session, arn = given.get("RoleSessionName", ""), given.get("RoleArn", "")
    if not _SESSION_NAME.fullmatch(session):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{session}' at 'roleSessionName' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
        )
    seconds = int(given.get("DurationSeconds") or 3600)
    if not 900 <= seconds <= _HOURS.stop - 1:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 900",
        )
    account = [*arn.split(":"), "", "", "", "", ""][4]
    role = iam._roles.get_scoped(account, None, arn.rpartition("/")[2]) or {}
    if seconds > int(role.get("MaxSessionDuration", _HOURS.stop)):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", message)
