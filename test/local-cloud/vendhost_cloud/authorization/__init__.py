"""IAM enforcement (AUTH=true) that follows AWS for the requests Vendhost makes.

ministack evaluates policies, boundaries, session and resource policies well, and checks signatures. Here it learns
which resources an EC2, SSM, load balancing or CloudFormation request is about, that one request may need several
permissions (`iam:PassRole`, `ec2:CreateTags`, the key behind a bucket or volume), and to name in a refusal what was
refused. An access key of 12 digits is the root user of that account and may do everything.

What CloudFormation does for a stack with a role is checked against that role, see `stack_roles`.
"""

from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import AuthError, EvalResult
from ministack.core.responses import get_account_id, get_region

from vendhost_cloud.authorization import requirements, stack_roles, tags, variables
from vendhost_cloud.authorization.request import Request, Requirement
from vendhost_cloud.errors import AwsError

_pending: ContextVar[list[Requirement]] = ContextVar("vendhost_requirements", default=[])  # noqa: B039
"""What the current request needs; ministack asks about the first requirement."""

_caller: ContextVar[str] = ContextVar("vendhost_caller", default="")
"""Access key of the current request."""

_enforce = iam_evaluator.enforce
_resource_arn = iam_actions.extract_resource_arn


def register() -> None:
    """Register after all other parts: it wraps what they registered."""
    stack_roles.register(enforce=app.AUTH)
    if not app.AUTH:
        return
    global _resource_arn
    _resource_arn = iam_actions.extract_resource_arn
    iam_actions.extract_resource_arn = _extract_resource_arn
    iam_evaluator.enforce = _enforce_all
    tags.register()
    variables.register()
    _count_loopback_as_tls()


def _count_loopback_as_tls() -> None:
    """aws:SecureTransport is true for requests from loopback.

    Bucket policies refuse requests without TLS, and should. The endpoint of the local cloud is plain HTTP on the
    loopback interface, where nobody else listens; requests to it count as sent with TLS 1.3.
    """
    pin = app.pin_request_origin

    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:
        pin(source_ip, secure_transport or source_ip.startswith("127.") or source_ip == "::1")

    app.pin_request_origin = pin_request_origin


def _extract_resource_arn(
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
    region: str,
    account: str,
) -> str:
    arn = str(_resource_arn(service, method, path, headers, body, query, region, account))
    action = iam_actions.extract_iam_action(service, method, path, headers, body, query) or ""
    request = Request(service, action, headers, body, query, region, account, arn)
    needed = requirements.of(request)
    _pending.set(needed)
    return needed[0].resource_arn


def _enforce_all(
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> AuthError | None:
    _caller.set(access_key_id)
    needed = _pending.get()
    _pending.set([])
    if not needed or needed[0].resource_arn != resource_arn:
        needed = [Requirement(iam_action, resource_arn, service), *needed]
    first, *others = needed
    context = {**requirements.constant_context(service), **(service_context or {}), **first.context}
    for requirement, keys in ((first, context), *((other, other.context) for other in others)):
        denied = _enforce(
            access_key_id, requirement.action, requirement.service, region, requirement.resource_arn, keys
        )
        if denied is not None:
            return _named(denied, requirement)
    return None


def check_caller(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> None:
    """Raise AccessDenied unless the caller of the current request may make this one, which a service makes for it."""
    if not app.AUTH:
        return
    region, account, key = get_region(), get_account_id(), _caller.get()
    params = app._routing_params(method, path, headers, body, query)
    action = iam_actions.extract_iam_action(service, method, path, headers, body, params) or f"{service}:Unknown"
    arn = _extract_resource_arn(service, method, path, headers, body, params, region, account)
    denied = _enforce_all(key, action, service, region, arn)
    if denied is not None:
        raise AwsError("AccessDenied", denied.message, 403)


def _named(denied: AuthError | EvalResult, requirement: Requirement) -> AuthError:
    """The access-denied error in AWS's words, with the denied action and resource."""
    if isinstance(denied, AuthError):
        return denied
    action, arn = requirement.action, requirement.resource_arn
    if denied.resource_policy_arn and denied.decision == "Deny":
        message = iam_actions._resource_policy_denial(requirement.service, action, denied.principal_arn, arn)
    else:
        explicit = denied.decision == "Deny"
        message = iam_actions.identity_denial_message(action, denied.principal_arn, arn, explicit)
    return AuthError(iam_actions._DENIED_CODES.get(requirement.service, "AccessDenied"), message)
