"""A resource's policy may only name principals that exist.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html ("When you save a
resource-based policy, the ARN is translated to the principal's unique ID"),
https://repost.aws/knowledge-center/s3-invalid-principal-in-policy-error and
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import iam
from ministack.services.cloudformation import provisioners

from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call, before

_ENTITY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(role|user)/(?:.*/)?([^/]+)")

Properties = dict[str, Any]


def absent(policy: Any) -> Iterator[str]:
    """ARNs of roles and users that a policy names as principals and that do not exist."""
    for statement in _statements(policy):
        principal = statement.get("Principal", {})
        named = principal.get("AWS", []) if isinstance(principal, dict) else []
        for arn in named if isinstance(named, list) else [named]:
            found = _ENTITY.fullmatch(str(arn))
            if found and not _exists(str(arn), *found.groups()):
                yield str(arn)


def _statements(policy: Any) -> list[Properties]:
    found = _parsed(policy).get("Statement", [])
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _parsed(policy: Any) -> Properties:
    if not isinstance(policy, str):
        return policy if isinstance(policy, dict) else {}
    try:
        document = json.loads(policy)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _exists(arn: str, account: str, kind: str, name: str) -> bool:
    store = iam._roles if kind == "role" else iam._users
    record = store.get_scoped(account, None, name)
    return record is not None and record["Arn"] == arn


def _trust(policy: Any) -> None:
    for arn in absent(policy):
        raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"')


def _key(policy: Any) -> None:
    if any(absent(policy)):
        message = "Policy contains a statement with one or more invalid principals."
        raise AwsError("MalformedPolicyDocumentException", message)
    if policy and not any(_may_be_changed(one) for one in _statements(policy)):
        # Unless the request says BypassPolicyLockoutSafetyCheck, which nobody here does.
        message = "The new key policy will not allow you to update the key policy in the future."
        raise AwsError("MalformedPolicyDocumentException", message)


def _may_be_changed(statement: Properties) -> bool:
    """Whether a statement lets somebody of IAM, not only a service, put another policy."""
    given = statement.get("Action", [])
    actions = {str(one).lower() for one in (given if isinstance(given, list) else [given])}
    principal = statement.get("Principal")
    people = principal == "*" or (isinstance(principal, dict) and bool(principal.get("AWS")))
    return (
        statement.get("Effect") == "Allow" and people and bool(actions & {"kms:*", "*", "kms:put*", "kms:putkeypolicy"})
    )


def _bucket(policy: Any) -> None:
    if any(absent(policy)):
        raise AwsError("MalformedPolicy", "Invalid principal in policy")


def register() -> None:
    before("iam", _look_at_trust)
    before("kms", _look_at_key)
    before("s3", _look_at_bucket)
    for resource_type, (policy, check) in _POLICIES.items():
        handlers = provisioners._RESOURCE_HANDLERS[resource_type]
        handlers["create"] = _create(policy, check, handlers["create"])
        handlers["update"] = _update(policy, check, handlers["update"])


def _look_at_trust(call: Call) -> None:
    if call.operation in ("CreateRole", "UpdateAssumeRolePolicy"):
        _trust(call.parameters.get("AssumeRolePolicyDocument") or call.parameters.get("PolicyDocument"))


def _look_at_key(call: Call) -> None:
    if call.operation in ("CreateKey", "PutKeyPolicy"):
        _key(call.json.get("Policy"))


def _look_at_bucket(call: Call) -> None:
    if call.method == "PUT" and "policy" in call.query and call.path.strip("/").count("/") == 0:
        _bucket(call.body.decode(errors="replace"))


_POLICIES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", _trust),
    "AWS::KMS::Key": ("KeyPolicy", _key),
    "AWS::S3::BucketPolicy": ("PolicyDocument", _bucket),
}


def _create(policy: str, check: Callable[[Any], None], known: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, properties: Properties, stack_name: str) -> Any:
        _for_stack(check, properties.get(policy))
        return known(logical_id, properties, stack_name)

    return create


def _update(policy: str, check: Callable[[Any], None], known: Callable[..., Any]) -> Callable[..., Any]:
    def update(physical_id: str, old: Properties, new: Properties, stack_name: str, *logical_id: str) -> Any:
        if old.get(policy) != new.get(policy):
            _for_stack(check, new.get(policy))
        return known(physical_id, old, new, stack_name, *logical_id)

    return update


def _for_stack(check: Callable[[Any], None], policy: Any) -> None:
    try:
        check(policy)
    except AwsError as error:
        raise ValueError(f"{error.message} (Status Code: {error.status}, Error Code: {error.code})") from None
