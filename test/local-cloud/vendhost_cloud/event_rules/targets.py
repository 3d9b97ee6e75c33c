"""Targets of rules that EventBridge starts as the target's role: pipelines and projects of CodeBuild.

What cannot be started goes to the target's dead-letter queue, if it has one and the queue's policy lets EventBridge
send (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html). Here at once; on AWS, only what can
never succeed does so, anything else after the last retry.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import eventbridge, sqs

from vendhost_cloud.errors import AwsError
from vendhost_cloud.event_rules import build_target, pipeline_target
from vendhost_cloud.roles import Role
from vendhost_cloud.service_api import call

Document = dict[str, Any]
Start = Callable[[str, Document, Document], None]
"""(the target's ARN, its input, the rule)"""

_TARGETS: dict[str, tuple[str, Start]] = {
    "codebuild": ("codebuild:StartBuild", build_target.start),
    "codepipeline": ("codepipeline:StartPipelineExecution", pipeline_target.start),
}
_log = logging.getLogger("vendhost")


def register() -> None:
    others = eventbridge._invoke_target

    def invoke_target(target: Document, event: Document, rule: Document, view: Any = None) -> None:
        arn = str(target.get("Arn", ""))
        known = _TARGETS.get("".join(arn.split(":")[2:3]))
        if known is None:
            others(target, event, rule, view)
            return
        seen = view or eventbridge._pattern_event_view(event)
        try:
            _start(arn, *known, target, rule, seen)
        except (AwsError, ValueError) as error:
            _log.warning("the rule %s did not start %s: %s", rule["Name"], arn, error)
            _bury(target, rule, seen, error)

    eventbridge._invoke_target = invoke_target


def _start(arn: str, action: str, start: Start, target: Document, rule: Document, seen: Any) -> None:
    role = Role(str(target.get("RoleArn", "")), "events.amazonaws.com")
    if not role.assumable({"aws:SourceArn": rule["Arn"]}):
        raise AwsError("AccessDeniedException", f"events.amazonaws.com may not assume {role.arn}")
    role.require(action, arn)
    text = target.get("Input")
    if target.get("InputTransformer"):
        text = eventbridge._apply_input_transformer(target["InputTransformer"], rule, seen)
    # An event that nobody transformed says nothing of what is started.
    start(arn, json.loads(text) if text else {}, rule)


def _bury(target: Document, rule: Document, seen: Any, error: Exception) -> None:
    queue = str((target.get("DeadLetterConfig") or {}).get("Arn") or "")
    if not queue:
        return
    if not sqs.queue_policy_allows(queue, "events.amazonaws.com", rule["Arn"], get_account_id()):
        _log.warning("the policy of %s does not let the rule %s send", queue, rule["Name"])
        return
    account, name = queue.split(":")[4:6]
    attributes = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": error.code if isinstance(error, AwsError) else "INVALID_PARAMETER",
        "ERROR_MESSAGE": str(error)[:1024],
    }
    request = {
        "QueueUrl": f"http://127.0.0.1/{account}/{name}",
        "MessageBody": json.dumps(seen.event_with_detail()),
        "MessageAttributes": {
            key: {"DataType": "String", "StringValue": str(value)} for key, value in attributes.items()
        },
    }
    call("sqs", "SendMessage", request)
