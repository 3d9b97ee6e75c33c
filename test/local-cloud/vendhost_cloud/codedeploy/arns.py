"""ARNs of CodeDeploy's resources, and which one a request is about.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
"""

from ministack.core.responses import get_account_id, get_region

from vendhost_cloud.codedeploy import store
from vendhost_cloud.codedeploy.store import Document


def application(name: str) -> str:
    return _arn(f"application:{name}")


def group(application_name: str, name: str) -> str:
    return _arn(f"deploymentgroup:{application_name}/{name}")


def target(deployment_id: str, target_id: str) -> str:
    return _arn(f"target/{deployment_id}/{target_id}")


def of_request(operation: str, request: Document, region: str, account: str) -> str:
    """The resource that IAM checks for a request; `*` where AWS has none."""
    prefix = f"arn:aws:codedeploy:{region}:{account}:"
    if "resourceArn" in request:
        return str(request["resourceArn"])
    if "ResourceArn" in request:
        return str(request["ResourceArn"])
    ids = [request["deploymentId"]] if "deploymentId" in request else request.get("deploymentIds", [])
    if ids:
        found = {_group_of(account, region, one) for one in ids}
        return prefix + f"deploymentgroup:{found.pop()}" if len(found) == 1 else "*"
    if "deploymentConfigName" in request and operation.endswith("DeploymentConfig"):
        return prefix + f"deploymentconfig:{request['deploymentConfigName']}"
    name = request.get("applicationName")
    if not name:
        return "*"
    group_name = request.get("deploymentGroupName") or request.get("currentDeploymentGroupName")
    if group_name:
        return prefix + f"deploymentgroup:{name}/{group_name}"
    return prefix + f"application:{name}"


def _group_of(account: str, region: str, deployment_id: str) -> str:
    found = store.deployments.get_scoped(account, region, deployment_id)
    return f"{found['applicationName']}/{found['deploymentGroupName']}" if found else "*"


def _arn(resource: str) -> str:
    return f"arn:aws:codedeploy:{get_region()}:{get_account_id()}:{resource}"
