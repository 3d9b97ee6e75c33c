"""What the actions do: fetch a source, wait for an approval, follow a deployment.

https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-reference.html
"""

import json
import random
import re
import string
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import s3

from vendhost_cloud import codedeploy
from vendhost_cloud.codepipeline import store
from vendhost_cloud.codepipeline.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role
from vendhost_cloud.service_api import call

SERVICE = "codepipeline.amazonaws.com"
POLL_SECONDS = 0.1
APPROVAL_MINUTES = 7 * 24 * 60
VARIABLE = re.compile(r"#\{([A-Za-z0-9@_-]+)\.([A-Za-z0-9@_-]+)\}")


class ActionFailed(Exception):
    """An action that failed; `code` and the message become its error details."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Abandoned(Exception):
    """The execution was stopped without waiting for the action."""


def perform(execution: Document, action: Document, done: Document) -> None:
    """Do an action; `done` is its record. Raises ActionFailed or Abandoned."""
    kinds = {"S3": _source, "Manual": _approval, "CodeDeploy": _deploy}
    resolved = {key: _resolve(execution, value) for key, value in action["configuration"].items()}
    done["input"]["resolvedConfiguration"] = resolved
    variables = kinds[action["actionTypeId"]["provider"]](execution, action, done, resolved)
    done["output"]["outputVariables"] = variables
    if action.get("namespace"):
        execution["_variables"][action["namespace"]] = variables


def _source(execution: Document, action: Document, done: Document, given: dict[str, str]) -> dict[str, str]:
    override = execution["_overrides"].get(action["name"], {})
    bucket = given["S3Bucket"]
    key = override.get("S3_OBJECT_KEY", given["S3ObjectKey"])
    chosen = override.get("S3_OBJECT_VERSION_ID")
    if s3._bucket_versioning.get(bucket) != "Enabled":
        raise ActionFailed(
            "ConfigurationError", f"The bucket {bucket} does not exist in this account or has no versioning enabled."
        )
    role = _role(execution, action)
    try:
        role.require("s3:GetBucketVersioning", f"arn:aws:s3:::{bucket}")
        role.require_read(bucket, key, chosen)
        found = call("s3", "GetObject", {"Bucket": bucket, "Key": key, **({"VersionId": chosen} if chosen else {})})
    except AwsError as error:
        raise ActionFailed(
            "ConfigurationError",
            f"The source object s3://{bucket}/{key} cannot be read: {error.message} ({error.code})",
        ) from error
    version, etag = found["VersionId"], found["ETag"].strip('"')
    url = f"https://console.aws.amazon.com/s3/object/{bucket}?region={get_region()}&prefix={key}"
    summary = f"Amazon S3 version id: {version}"
    artifact = action["outputArtifacts"][0]["name"]
    location = _store_artifact(execution, role, artifact, found["Body"].read())
    done["output"].update(
        outputArtifacts=[_detail(artifact, location)],
        executionResult={
            "externalExecutionId": version,
            "externalExecutionSummary": summary,
            "externalExecutionUrl": url,
        },
    )
    revision = {
        "name": artifact,
        "revisionId": version,
        "revisionSummary": summary,
        "revisionUrl": url,
        "created": time.time(),
        "_action": action["name"],
    }
    with store.changed:
        done["_revision"] = revision
        others = [one for one in execution["artifactRevisions"] if one["name"] != artifact]
        execution["artifactRevisions"] = [*others, revision]
    return {"BucketName": bucket, "ObjectKey": key, "ETag": etag, "VersionId": version}


def _approval(execution: Document, action: Document, done: Document, given: dict[str, str]) -> dict[str, str]:
    limit = action.get("timeoutInMinutes", APPROVAL_MINUTES) * 60
    deadline = time.monotonic() + limit
    with store.changed:
        done["_token"] = str(uuid.uuid4())
        store.changed.notify_all()
    if given.get("NotificationArn"):
        _notify(execution, action, done, given, limit)
    with store.changed:
        while "_result" not in done:
            _raise_if_abandoned(execution)
            if time.monotonic() > deadline:
                done.pop("_token")
                raise ActionFailed("ApprovalTimedOut", "The approval was not given in time.")
            store.changed.wait(POLL_SECONDS)
        result = done["_result"]
    if result["status"] == "Rejected":
        raise ActionFailed("ApprovalRejected", result["summary"] or "Rejected")
    return {}


def _notify(execution: Document, action: Document, done: Document, given: dict[str, str], limit: float) -> None:
    """https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-json-format.html"""
    name = execution["pipelineName"]
    approval = {
        "pipelineName": name,
        "stageName": done["stageName"],
        "actionName": action["name"],
        "token": done["_token"],
        "expires": datetime.fromtimestamp(time.time() + limit, UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "externalEntityLink": given.get("ExternalEntityLink"),
        "approvalReviewLink": f"https://console.aws.amazon.com/codepipeline/home?region={get_region()}#/view/{name}",
        "customData": given.get("CustomData"),
    }
    message = {"region": get_region(), "consoleLink": approval["approvalReviewLink"], "approval": approval}
    subject = f"APPROVAL NEEDED: AWS CodePipeline {name} for action {action['name']}"[:100]
    try:
        _role(execution, action).require("sns:Publish", given["NotificationArn"])
        request = {"TopicArn": given["NotificationArn"], "Subject": subject, "Message": json.dumps(message)}
        call("sns", "Publish", request)
    except AwsError as error:
        raise ActionFailed("ConfigurationError", f"{given['NotificationArn']}: {error.message}") from error


def _deploy(execution: Document, action: Document, done: Document, given: dict[str, str]) -> dict[str, str]:
    location = execution["_artifacts"][action["inputArtifacts"][0]["name"]]
    try:
        _require_deploy(_role(execution, action), given)
        deployment_id = codedeploy.call(
            "CreateDeployment",
            {
                "applicationName": given["ApplicationName"],
                "deploymentGroupName": given["DeploymentGroupName"],
                "revision": {"revisionType": "S3", "s3Location": {**location, "bundleType": "zip"}},
            },
        )["deploymentId"]
    except AwsError as error:
        raise ActionFailed("ConfigurationError", f"{error.message} ({error.code})") from error
    url = f"https://console.aws.amazon.com/codedeploy/home?region={get_region()}#/deployments/{deployment_id}"
    with store.changed:
        done["output"]["executionResult"] = {
            "externalExecutionId": deployment_id,
            "externalExecutionUrl": url,
            "externalExecutionSummary": "Deployment in progress",
        }
        store.changed.notify_all()
    while True:
        found: dict[str, Any] = codedeploy.call("GetDeployment", {"deploymentId": deployment_id})["deploymentInfo"]
        if found["status"] in ("Succeeded", "Failed", "Stopped"):
            break
        with store.changed:
            _raise_if_abandoned(execution)
            store.changed.wait(POLL_SECONDS)
    done["output"]["executionResult"]["externalExecutionSummary"] = f"Deployment {found['status']}"
    if found["status"] != "Succeeded":
        why = (found.get("errorInformation") or {}).get("message", "")
        raise ActionFailed("JobFailed", f"Deployment {deployment_id} {found['status'].lower()}. {why}".strip())
    return {"DeploymentId": deployment_id}


def _require_deploy(role: Role, given: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeDeploy.html"""
    prefix = f"arn:aws:codedeploy:{get_region()}:{get_account_id()}:"
    application, name = given["ApplicationName"], given["DeploymentGroupName"]
    group = codedeploy.call("GetDeploymentGroup", {"applicationName": application, "deploymentGroupName": name})[
        "deploymentGroupInfo"
    ]
    for operation in ("GetApplication", "GetApplicationRevision", "RegisterApplicationRevision"):
        role.require(f"codedeploy:{operation}", f"{prefix}application:{application}")
    for operation in ("CreateDeployment", "GetDeployment"):
        role.require(f"codedeploy:{operation}", f"{prefix}deploymentgroup:{application}/{name}")
    role.require("codedeploy:GetDeploymentConfig", f"{prefix}deploymentconfig:{group['deploymentConfigName']}")


def _role(execution: Document, action: Document) -> Role:
    return Role(action.get("roleArn") or execution["_declaration"]["roleArn"], SERVICE)


def _raise_if_abandoned(execution: Document) -> None:
    if execution["_stop"] == "abandon" or execution["_gone"].is_set():
        raise Abandoned


def _store_artifact(execution: Document, role: Role, artifact: str, content: bytes) -> Document:
    """Copy an artifact into the pipeline's artifact store; its location."""
    place = execution["_declaration"]["artifactStore"]
    letters = "".join(random.choices(string.ascii_letters + string.digits, k=7))
    key = f"{execution['pipelineName'][:20]}/{artifact[:10]}/{letters}.zip"
    encryption, context = {}, {}
    if place.get("encryptionKey"):
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": place["encryptionKey"]["id"]}
        context = {
            "s3:x-amz-server-side-encryption": "aws:kms",
            "s3:x-amz-server-side-encryption-aws-kms-key-id": place["encryptionKey"]["id"],
        }
    request = {"Bucket": place["location"], "Key": key, "Body": content, "ContentType": "application/zip"}
    try:
        role.require_write(place["location"], key, context)
        answer = call("s3", "PutObject", {**request, **encryption})
    except AwsError as error:
        raise ActionFailed(
            "ConfigurationError",
            f"The artifact store {place['location']} of account {get_account_id()} cannot be written: {error.message}",
        ) from error
    location = {"bucket": place["location"], "key": key, "eTag": answer["ETag"].strip('"')}
    if answer.get("VersionId"):
        location["version"] = answer["VersionId"]
    execution["_artifacts"][artifact] = location
    return location


def _detail(artifact: str, location: Document) -> Document:
    return {"name": artifact, "s3location": {"bucket": location["bucket"], "key": location["key"]}}


def input_artifacts(execution: Document, action: Document) -> list[Document]:
    """The input artifacts of an action and their locations."""
    names = [one["name"] for one in action.get("inputArtifacts") or []]
    return [_detail(name, execution["_artifacts"][name]) for name in names]


def _resolve(execution: Document, value: str) -> str:
    def variable(found: re.Match[str]) -> str:
        namespace, name = found.groups()
        if namespace == "codepipeline" and name == "PipelineExecutionId":
            return str(execution["pipelineExecutionId"])
        held = execution["_variables"].get(namespace, {})
        if name not in held:
            raise ActionFailed("ConfigurationError", f"There is no variable {found[0]}")
        return str(held[name])

    return VARIABLE.sub(variable, value)
