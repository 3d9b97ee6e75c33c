"""STS AssumeRole asks the role's trust policy even where IAM is not enforced.

Sessions across accounts are how one administrator works in all accounts of an organization
(https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html): a role that does not
exist or does not trust the caller must not be assumed. With AUTH=true ministack checks the same, and the caller's
policies.
"""

from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy
from ministack.core.responses import get_region
from ministack.services import iam, sts

Parameters = dict[str, list[str]]
Response = tuple[int, dict[str, str], bytes]


def register() -> None:
    if app.AUTH:
        return
    others = app.SERVICE_HANDLERS["sts"]

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Parameters) -> Response:
        parameters = {**query, **parse_qs(body.decode(errors="replace"))}
        if _first(parameters, "Action") == "AssumeRole":
            denied = _denied(_first(parameters, "RoleArn"), headers, query, _first(parameters, "ExternalId"))
            if denied is not None:
                return denied
        answer: Response = await others(method, path, headers, body, query)
        return answer

    app.SERVICE_HANDLERS["sts"] = handle


def _denied(role_arn: str, headers: dict[str, str], query: Parameters, external_id: str) -> Response | None:
    parts = role_arn.split(":")
    if len(parts) != 6:
        # sts returns the error.
        return None
    caller: dict[str, Any] = sts._caller_identity(headers, query)
    role = iam._roles.get_scoped(parts[4], None, role_arn.rpartition("/")[2])
    if role is not None and role["Arn"] == role_arn and _trusts(role, caller, role_arn, external_id):
        return None
    message = f"User: {caller['userArn']} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    refusal: Response = iam._error(403, "AccessDenied", message, ns="sts")
    return refusal


def _trusts(role: dict[str, Any], caller: dict[str, Any], role_arn: str, external_id: str) -> bool:
    context = EvalContext(
        principal_arn=caller["userArn"],
        principal_type=caller["principalType"],
        principal_account=caller["accountId"],
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=get_region(),
        service_context={"sts:externalid": external_id or None},
    )
    return bool(evaluate_trust_policy(role["AssumeRolePolicyDocument"], caller["userArn"], context))


def _first(parameters: Parameters, name: str) -> str:
    return (parameters.get(name) or [""])[0]
