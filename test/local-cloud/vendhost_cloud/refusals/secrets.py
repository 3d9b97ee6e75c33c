"""Secrets: a token that was used, a name whose secret is still to be deleted, a secret without a value.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html, API_CreateSecret.html and
API_GetSecretValue.html
"""

from typing import Any

from ministack.core.responses import json_response
from ministack.services import secretsmanager

from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call, Response, before


def register() -> None:
    before("secretsmanager", _look)


def _look(call: Call) -> Response | None:
    if call.operation == "CreateSecret":
        _check_name(str(call.json.get("Name", "")))
    if call.operation == "GetSecretValue":
        _check_value(str(call.json.get("SecretId", "")))
    return _again(call.json) if call.operation == "PutSecretValue" else None


def _check_name(name: str) -> None:
    _, secret = secretsmanager._resolve(name)
    if secret and secret.get("DeletedDate"):
        message = "You can't create this secret because a secret with this name is already scheduled for deletion."
        raise AwsError("InvalidRequestException", message)


def _check_value(secret_id: str) -> None:
    """A secret that was made without a value has no version, and CloudFormation makes such ones too."""
    _, secret = secretsmanager._resolve(secret_id)
    versions = (secret or {}).get("Versions", {}).values()
    if secret and not any(one.get("SecretString") or one.get("SecretBinary") for one in versions):
        message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
        raise AwsError("ResourceNotFoundException", message)


def _again(request: dict[str, Any]) -> Response | None:
    """The answer to a request that was made before; the token is the id of the version it made."""
    _, secret = secretsmanager._resolve(str(request.get("SecretId", "")))
    token = request.get("ClientRequestToken")
    version = (secret or {}).get("Versions", {}).get(token) if token else None
    if secret is None or version is None:
        return None
    if any(version.get(one) != request.get(one) for one in ("SecretString", "SecretBinary")):
        raise AwsError(
            "ResourceExistsException",
            f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
            f"{secret['ARN']}.",
        )
    answer: Response = json_response(
        {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token, "VersionStages": list(version["Stages"])}
    )
    return answer
