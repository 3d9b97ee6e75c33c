"""A rule's target that is a pipeline: EventBridge assumes the target's role and starts an execution.

The input may name source revisions and variables; the pipeline is that of the target's ARN
(https://docs.aws.amazon.com/codepipeline/latest/userguide/create-S3-source-events-console.html). What fails here is
lost, as on AWS after the last retry: the log says why.
"""

import json
import logging
from typing import Any

from ministack.services import eventbridge

from vendhost_cloud.codepipeline import executions
from vendhost_cloud.codepipeline.service import call
from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role

_log = logging.getLogger("vendhost")


def register() -> None:
    others = eventbridge._invoke_target

    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        arn = str(target.get("Arn", ""))
        if arn.split(":")[2:3] != ["codepipeline"]:
            others(target, event, rule, view)
            return
        try:
            _start(arn, target, event, rule, view)
        except (AwsError, ValueError) as error:
            _log.warning("the rule %s did not start %s: %s", rule["Name"], arn, error)

    eventbridge._invoke_target = invoke_target


def _start(arn: str, target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any) -> None:
    role = Role(str(target.get("RoleArn", "")), "events.amazonaws.com")
    if not role.assumable({"aws:SourceArn": rule["Arn"]}):
        raise AwsError("AccessDeniedException", f"events.amazonaws.com may not assume {role.arn}")
    role.require("codepipeline:StartPipelineExecution", arn)
    request = {"name": arn.rpartition(":")[2], **_input(target, event, rule, view)}
    trigger = {"triggerType": "CloudWatchEvent", "triggerDetail": rule["Arn"]}
    token = executions.trigger.set(trigger)
    try:
        call("StartPipelineExecution", request)
    finally:
        executions.trigger.reset(token)


def _input(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any) -> dict[str, Any]:
    """What the input says of the execution; an event that nobody transformed says nothing of it."""
    text = target.get("Input")
    if target.get("InputTransformer"):
        seen = view or eventbridge._pattern_event_view(event)
        text = eventbridge._apply_input_transformer(target["InputTransformer"], rule, seen)
    given = json.loads(text) if text else {}
    return {name: given[name] for name in ("sourceRevisions", "variables") if name in given}
