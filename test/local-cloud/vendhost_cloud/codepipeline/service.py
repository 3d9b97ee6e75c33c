"""CodePipeline's operations under their names."""

from vendhost_cloud.codepipeline import executions, pipelines, state, store
from vendhost_cloud.json_service import Document, JsonService

service = JsonService(
    "codepipeline",
    "CodePipeline_20150709",
    {
        "CreatePipeline": pipelines.create,
        "UpdatePipeline": pipelines.update,
        "GetPipeline": pipelines.get,
        "DeletePipeline": pipelines.delete,
        "ListPipelines": pipelines.list_all,
        "GetPipelineState": state.get,
        "StartPipelineExecution": executions.start,
        "StopPipelineExecution": executions.stop,
        "GetPipelineExecution": executions.get,
        "ListPipelineExecutions": executions.list_all,
        "ListActionExecutions": executions.list_actions,
        "PutApprovalResult": executions.put_approval,
        "RetryStageExecution": executions.retry_stage,
        "EnableStageTransition": pipelines.enable_transition,
        "DisableStageTransition": pipelines.disable_transition,
        "TagResource": pipelines.tag,
        "UntagResource": pipelines.untag,
        "ListTagsForResource": pipelines.list_tags,
    },
    arn_of=store.arn_of_request,
    reset=store.reset,
    checks_values=True,
)


def call(operation: str, request: Document) -> Document:
    """Run an operation in the current account and region; raises errors.AwsError."""
    return service.call(operation, request)


def register() -> None:
    service.register()
