"""Run Command of Systems Manager: a shell script on an instance, run for real.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html

An instance is registered while it runs and has a role that lets the agent register; the agent itself is played by
this package. An instance with the file `/etc/local-cloud/ssm-agent-stopped` has none, for tests.
"""

import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response

from vendhost_cloud.ec2.store import in_background, scope
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.refusals.interception import Call, Response, before
from vendhost_cloud.run_command import checks
from vendhost_cloud.run_command.execution import PLUGIN, Invocation, run

Document = dict[str, Any]

_commands: dict[tuple[str, str, str], Invocation] = {}
"""By account, region and id: each has one instance."""


def register() -> None:
    before("ssm", _answer)


def _answer(call: Call) -> Response | None:
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        return None
    answer: Response = json_response(operation(call.json))
    return answer


def _send(request: Document) -> Document:
    checks.shape(request)
    instance_id = checks.instance(request)
    invocation = Invocation(str(uuid.uuid4()), instance_id, request, checks.seconds(request))
    _commands[(*scope(), invocation.command_id)] = invocation
    in_background(f"command {invocation.command_id}", lambda: run(invocation))
    return {"Command": _command(invocation)}


def _cancel(request: Document) -> Document:
    """Asks only: what has ended by then stays as it ended."""
    invocation = _commands.get((*scope(), str(request.get("CommandId"))))
    if invocation is None:
        raise AwsError("InvalidCommandId", "")
    invocation.cancel()
    return {}


def _get(request: Document) -> Document:
    invocation = _commands.get((*scope(), str(request.get("CommandId"))))
    if invocation is None or invocation.instance_id != request.get("InstanceId"):
        raise AwsError("InvocationDoesNotExist", "")
    status, details = invocation.status
    return {
        "CommandId": invocation.command_id,
        "InstanceId": invocation.instance_id,
        "DocumentName": invocation.request["DocumentName"],
        "PluginName": PLUGIN,
        "Status": status,
        "StatusDetails": details,
        "ResponseCode": invocation.code,
        "StandardOutputContent": invocation.output.content,
        "StandardOutputUrl": invocation.output.url,
        "StandardErrorContent": invocation.error.content,
        "StandardErrorUrl": invocation.error.url,
    }


def _list(request: Document) -> Document:
    if request.get("NextToken") or request.get("Filters"):
        raise Unsupported("ssm:ListCommands with NextToken or Filters")
    account, region = scope()
    found = [one for (owner, place, _), one in _commands.items() if (owner, place) == (account, region)]
    for name, attribute in (("CommandId", "command_id"), ("InstanceId", "instance_id")):
        if request.get(name):
            found = [one for one in found if getattr(one, attribute) == request[name]]
    return {"Commands": [_command(one) for one in sorted(found, key=lambda one: -one.requested)]}


def _command(invocation: Invocation) -> Document:
    status, details = invocation.status
    request = invocation.request
    return {
        "CommandId": invocation.command_id,
        "DocumentName": request["DocumentName"],
        "Comment": request.get("Comment", ""),
        "Parameters": request.get("Parameters", {}),
        "InstanceIds": [invocation.instance_id],
        "RequestedDateTime": invocation.requested,
        "ExpiresAfter": invocation.requested + checks.delivery_seconds(request),
        "Status": status,
        "StatusDetails": details,
        "OutputS3BucketName": request.get("OutputS3BucketName", ""),
        "OutputS3KeyPrefix": request.get("OutputS3KeyPrefix", ""),
        "TargetCount": 1,
        "CompletedCount": int(status not in ("Pending", "InProgress", "Cancelling")),
        "TimeoutSeconds": checks.delivery_seconds(request),
    }


def _unsupported(name: str) -> Callable[[Document], Document]:
    def refuse(_request: Document) -> Document:
        raise Unsupported(f"ssm:{name}")

    return refuse


_OPERATIONS: dict[str, Callable[[Document], Document]] = {
    "SendCommand": _send,
    "CancelCommand": _cancel,
    "GetCommandInvocation": _get,
    "ListCommands": _list,
    "ListCommandInvocations": _unsupported("ListCommandInvocations"),
}

__all__ = ["register"]
