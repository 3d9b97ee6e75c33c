"""A rule's target that is a pipeline.

The input may name source revisions and variables; the pipeline is that of the target's ARN
(https://docs.aws.amazon.com/codepipeline/latest/userguide/create-S3-source-events-console.html).
"""

from typing import Any

from vendhost_cloud.codepipeline import executions
from vendhost_cloud.codepipeline.service import call


def start(arn: str, given: dict[str, Any], rule: dict[str, Any]) -> None:
    more: dict[str, Any] = {name: given[name] for name in ("sourceRevisions", "variables") if name in given}
    token = executions.trigger.set({"triggerType": "CloudWatchEvent", "triggerDetail": rule["Arn"]})
    try:
        call("StartPipelineExecution", {"name": arn.rpartition(":")[2], **more})
    finally:
        executions.trigger.reset(token)
