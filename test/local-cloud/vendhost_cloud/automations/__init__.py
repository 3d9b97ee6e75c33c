"""Automation of Systems Manager: a document's steps, one after the other, with the rights of the role it names.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html

Of actions there are `aws:branch` on a parameter, and `aws:executeAwsApi` of what Vendhost's document calls.
"""

import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response

from vendhost_cloud.automations import checks
from vendhost_cloud.automations.execution import Execution, run
from vendhost_cloud.ec2.store import in_background, scope
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.refusals.interception import Call, Response, before

Document = dict[str, Any]

_executions: dict[tuple[str, str, str], Execution] = {}
"""By account, region and id."""
_tokens: dict[tuple[str, str, str], str] = {}
"""By account, region and client token: the id."""


def register() -> None:
    before("ssm", _answer)


def _answer(call: Call) -> Response | None:
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        return None
    answer: Response = json_response(operation(call.json))
    return answer


def _start(request: Document) -> Document:
    """Refusals first: nothing of a refused one is done."""
    checks.shape(request)
    token = str(request.get("ClientToken") or uuid.uuid4())
    known = _tokens.get((*scope(), token))
    if known is not None:
        return {"AutomationExecutionId": known}
    content, version = checks.document(request)
    parameters = checks.parameters(content, request.get("Parameters") or {})
    role = checks.role(content)
    execution = Execution(str(uuid.uuid4()), request["DocumentName"], version, content, parameters, role)
    account, region = scope()
    checks.require_assumable(role, f"arn:aws:ssm:{region}:{account}:automation-execution/{execution.id}")
    _executions[(*scope(), execution.id)] = execution
    _tokens[(*scope(), token)] = execution.id
    in_background(f"automation {execution.id}", lambda: run(execution))
    return {"AutomationExecutionId": execution.id}


def _get(request: Document) -> Document:
    wanted = request.get("AutomationExecutionId")
    execution = _executions.get((*scope(), str(wanted)))
    if execution is None:
        raise AwsError(
            "AutomationExecutionNotFoundException", f"Automation execution with id: {wanted} does not exist."
        )
    return {"AutomationExecution": execution.described()}


def _unsupported(name: str) -> Callable[[Document], Document]:
    def refuse(_request: Document) -> Document:
        raise Unsupported(f"ssm:{name}")

    return refuse


_OPERATIONS: dict[str, Callable[[Document], Document]] = {
    "StartAutomationExecution": _start,
    "GetAutomationExecution": _get,
    "StopAutomationExecution": _unsupported("StopAutomationExecution"),
    "SendAutomationSignal": _unsupported("SendAutomationSignal"),
}

__all__ = ["register"]
