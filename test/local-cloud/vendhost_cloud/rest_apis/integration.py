"""What API Gateway does around a function of a proxy integration.

The function's own policy, or the role of the integration, must allow the call. "If the Lambda API rejects the
invocation request, API Gateway returns a 500 error code. If the function runs but returns an error, or returns a
response in the wrong format, API Gateway returns a 502. In both cases, the body of the response from API Gateway is
{"message": "Internal server error"}." (https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html).
The limits: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

import asyncio
import json
import logging
from contextvars import ContextVar
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway_v1, lambda_svc

from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role

Document = dict[str, Any]

_PAYLOAD_BYTES = 10 * 1024 * 1024
_INVOCATION_BYTES = 6 * 1024 * 1024
_MILLISECONDS = 29_000
_FAILED = "Internal server error"

_log = logging.getLogger("vendhost")
_integration: ContextVar[Document] = ContextVar("vendhost_integration", default={})  # noqa: B039


def register() -> None:
    execute, invoke = apigateway_v1._execute_in_scope, apigateway_v1._invoke_lambda_proxy_v1
    call_function = apigateway_v1._call_lambda_raw

    async def execute_in_scope(
        request: Document, api_id: str, stage_name: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        stage = apigateway_v1._stages_v1.get(api_id, {}).get(stage_name)
        if stage and len(body or b"") > _PAYLOAD_BYTES:
            request["stage"] = stage
            return apigateway_v1._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        return await execute(request, api_id, stage_name, method, path, headers, body, *rest)

    async def invoke_proxy(integration: Document, *rest: Any, **more: Any) -> Any:
        token = _integration.set(integration)
        limit = int(integration.get("timeoutInMillis") or _MILLISECONDS) / 1000
        try:
            return await asyncio.wait_for(invoke(integration, *rest, **more), limit)
        except TimeoutError:
            return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
        finally:
            _integration.reset(token)

    async def call_lambda(function: str, event: Document, **scope: Any) -> Any:
        refused = _refusal(function, event)
        if refused:
            _log.warning("API Gateway cannot call %s: %s", function, refused)
            return None, refused
        return await call_function(function, event, **scope)

    apigateway_v1._execute_in_scope = execute_in_scope
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_proxy
    apigateway_v1._call_lambda_raw = call_lambda
    apigateway_v1._lambda_proxy_response = _answer


def _refusal(function: str, event: Document) -> str | None:
    """Why Lambda would reject the call."""
    if len(json.dumps(event).encode()) > _INVOCATION_BYTES:
        return "the event is larger than 6 MB"
    role = str(_integration.get().get("credentials") or "")
    if role:
        given = Role(role, "apigateway.amazonaws.com")
        if not given.assumable():
            return f"API Gateway may not assume {role}"
        try:
            given.require("lambda:InvokeFunction", function)
        except AwsError as error:
            return error.message
        return None
    return None if _allowed(function, event["requestContext"]) else "the function's policy does not allow it"


def _allowed(function: str, context: Document) -> bool:
    """Whether the function's policy lets this method of this API call it; checked with and without IAM enforced."""
    record, _, _ = lambda_svc._get_func_record_for_ref(function)
    policy = (record or {}).get("policy") or {}
    if record is None:
        # Who calls says that there is none.
        return True
    region, account = get_region(), get_account_id()
    source = f"{context['apiId']}/{context['stage']}/{context['httpMethod']}{context['resourcePath']}"
    request = EvalContext(
        "apigateway.amazonaws.com",
        "Service",
        "",
        "lambda:InvokeFunction",
        function,
        region,
        service_context={
            "aws:sourcearn": f"arn:aws:execute-api:{region}:{account}:{source}",
            "aws:sourceaccount": account,
        },
    )
    decision = evaluate_resource_policy(policy, request, service="apigateway.amazonaws.com").decision
    return bool(decision == "Allow")


def _answer(result: Document) -> tuple[Document | None, str | None]:
    """The function's answer, or what API Gateway says instead."""
    answer: Any = result.get("body")
    if isinstance(answer, (str, bytes)) and result.get("raw_payload"):
        try:
            answer = json.loads(answer)
        except ValueError:
            answer = None
    if result.get("error") or not _well_formed(answer):
        return None, _FAILED
    return {**answer, "statusCode": int(answer["statusCode"]), "body": answer.get("body") or ""}, None


def _well_formed(answer: Any) -> bool:
    if not isinstance(answer, dict):
        return False
    status, headers = answer.get("statusCode"), answer.get("headers") or {}
    lists = answer.get("multiValueHeaders") or {}
    return (
        str(status).isdigit()
        and 100 <= int(str(status)) <= 599
        and isinstance(answer.get("body") or "", str)
        and isinstance(headers, dict)
        and all(isinstance(value, (str, int, float)) for value in headers.values())
        and isinstance(lists, dict)
        and all(isinstance(value, list) for value in lists.values())
    )
