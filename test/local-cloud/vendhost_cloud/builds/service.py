"""CodeBuild's operations under their names."""

from vendhost_cloud.builds import operations, projects, store
from vendhost_cloud.json_service import Document, JsonService

service = JsonService(
    "codebuild",
    "CodeBuild_20161006",
    {
        "CreateProject": projects.create,
        "UpdateProject": projects.update,
        "DeleteProject": projects.delete,
        "BatchGetProjects": projects.batch_get,
        "ListProjects": projects.list_all,
        "StartBuild": operations.start,
        "StopBuild": operations.stop,
        "BatchGetBuilds": operations.batch_get,
        "ListBuilds": operations.list_all,
        "ListBuildsForProject": operations.list_for_project,
    },
    arn_of=store.arn_of_request,
    reset=store.reset,
    required={},
)


def call(operation: str, request: Document) -> Document:
    """Run an operation in the current account and region; raises errors.AwsError."""
    return service.call(operation, request)
