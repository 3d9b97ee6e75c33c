"""CodeDeploy's operations under their names."""

from vendhost_cloud.codedeploy import applications, arns, configs, deployments, groups, installer, store, targets
from vendhost_cloud.json_service import Document, JsonService

service = JsonService(
    "codedeploy",
    "CodeDeploy_20141006",
    {
        "CreateApplication": applications.create,
        "GetApplication": applications.get,
        "BatchGetApplications": applications.batch_get,
        "UpdateApplication": applications.update,
        "DeleteApplication": applications.delete,
        "ListApplications": applications.list_names,
        "RegisterApplicationRevision": applications.register_revision,
        "GetApplicationRevision": applications.get_revision,
        "ListApplicationRevisions": applications.list_revisions,
        "CreateDeploymentGroup": groups.create,
        "UpdateDeploymentGroup": groups.update,
        "GetDeploymentGroup": groups.get,
        "BatchGetDeploymentGroups": groups.batch_get,
        "DeleteDeploymentGroup": groups.delete,
        "ListDeploymentGroups": groups.list_names,
        "CreateDeploymentConfig": configs.create,
        "GetDeploymentConfig": configs.get,
        "DeleteDeploymentConfig": configs.delete,
        "ListDeploymentConfigs": configs.list_names,
        "CreateDeployment": deployments.create,
        "GetDeployment": deployments.get,
        "BatchGetDeployments": deployments.batch_get,
        "ListDeployments": deployments.list_ids,
        "StopDeployment": deployments.stop,
        "ListDeploymentTargets": targets.list_ids,
        "GetDeploymentTarget": targets.get,
        "BatchGetDeploymentTargets": targets.batch_get,
        "TagResource": applications.tag,
        "UntagResource": applications.untag,
        "ListTagsForResource": applications.list_tags,
    },
    arn_of=arns.of_request,
    reset=store.reset,
    required={
        "applicationName": "ApplicationNameRequiredException",
        "deploymentGroupName": "DeploymentGroupNameRequiredException",
        "currentDeploymentGroupName": "DeploymentGroupNameRequiredException",
        "deploymentConfigName": "DeploymentConfigNameRequiredException",
        "deploymentId": "DeploymentIdRequiredException",
        "revision": "RevisionRequiredException",
        "serviceRoleArn": "RoleRequiredException",
        "ResourceArn": "ResourceArnRequiredException",
    },
)


def call(operation: str, request: Document) -> Document:
    """Run an operation in the current account and region; raises errors.AwsError."""
    return service.call(operation, request)


def register() -> None:
    service.register()
    installer.publish()
