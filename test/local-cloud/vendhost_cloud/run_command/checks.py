"""What Run Command refuses before anything runs.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

import re
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id
from ministack.services import ec2

from vendhost_cloud import machines, roles
from vendhost_cloud.errors import AwsError, Unsupported

Document = dict[str, Any]

DOCUMENT = "AWS-RunShellScript"
STOPPED = "/etc/local-cloud/ssm-agent-stopped"
_KNOWN = {"Comment", "DocumentName", "InstanceIds", "Parameters", "TimeoutSeconds"} | {
    "OutputS3BucketName",
    "OutputS3KeyPrefix",
}
_PARAMETERS = frozenset(("commands", "executionTimeout", "workingDirectory"))
_DELIVERY_SECONDS = 3600
_SCRIPT_SECONDS = 3600
_LONGEST_SCRIPT = 172_800
_SHORTEST_SCRIPT = 5
_LONGEST_COMMENT = 100
_MOST_INSTANCES = 50


def shape(request: Document) -> None:
    """Members of the request and parameters of the document."""
    foreign = sorted(set(request) - _KNOWN)
    if foreign:
        raise Unsupported(f"ssm:SendCommand with {', '.join(foreign)}")
    seconds_to_deliver = delivery_seconds(request)
    if seconds_to_deliver < 30:
        raise _constraint(str(seconds_to_deliver), "timeoutSeconds", "value greater than or equal to 30")
    if seconds_to_deliver > 2_592_000:
        raise _constraint(str(seconds_to_deliver), "timeoutSeconds", "value less than or equal to 2592000")
    comment = str(request.get("Comment") or "")
    if len(comment) > _LONGEST_COMMENT:
        raise _constraint(comment, "comment", f"length less than or equal to {_LONGEST_COMMENT}")
    if request.get("DocumentName") != DOCUMENT:
        raise AwsError("InvalidDocument", f"Document with name {request.get('DocumentName')} does not exist.")
    parameters = request.get("Parameters") or {}
    if not parameters.get("commands") or set(parameters) - _PARAMETERS:
        raise AwsError("InvalidParameters", "")
    if not all(isinstance(one, list) for one in parameters.values()):
        raise AwsError("SerializationException", "a parameter of a document is a list of strings")
    seconds(request)


def instance(request: Document) -> str:
    """The one instance, if its agent is registered."""
    ids = request.get("InstanceIds") or []
    if len(ids) > _MOST_INSTANCES:
        raise _constraint(str(ids), "instanceIds", f"length less than or equal to {_MOST_INSTANCES}")
    if len(ids) != 1:
        raise Unsupported("ssm:SendCommand to several instances")
    if not _registered(str(ids[0])):
        raise AwsError(
            "InvalidInstanceId", f"Instances [[{ids[0]}]] not in a valid state for account {get_account_id()}"
        )
    return str(ids[0])


def delivery_seconds(request: Document) -> int:
    """How long the command may wait for the agent."""
    return int(request.get("TimeoutSeconds") or _DELIVERY_SECONDS)


def seconds(request: Document) -> int:
    """How long the script may run; the document allows 1 to 172,800.

    For less than 5 the agent takes its default, an hour: `ValidateExecutionTimeout` in
    https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/plugins/pluginutil/pluginutil.go
    """
    given = ((request.get("Parameters") or {}).get("executionTimeout") or [str(_SCRIPT_SECONDS)])[0]
    if not re.fullmatch("[1-9][0-9]{0,5}", given) or int(given) > _LONGEST_SCRIPT:
        raise AwsError("InvalidParameters", "")
    return int(given) if int(given) >= _SHORTEST_SCRIPT else _SCRIPT_SECONDS


def _registered(instance_id: str) -> bool:
    machine, record = machines.get(instance_id), ec2._instances.get(instance_id)
    role = roles.of_instance(record)
    if machine is None or role is None or machine.path(STOPPED).exists():
        return False
    if not app.AUTH:
        return True
    try:
        region = machine.region
        role.require("ssm:UpdateInstanceInformation", f"arn:aws:ec2:{region}:{get_account_id()}:instance/{instance_id}")
    except AwsError:
        return False
    return True


def _constraint(value: str, member: str, wanted: str) -> AwsError:
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must have {wanted}",
    )
