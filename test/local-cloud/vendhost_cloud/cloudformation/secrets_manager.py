"""AWS::SecretsManager::RotationSchedule and ResourcePolicy."""

import json
from typing import Any

from ministack.services import secretsmanager as store
from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType, truth
from vendhost_cloud.service_api import call, call_unless_gone


def register_operations() -> None:
    """GenerateSecretString as documented: ministack's own ignores most of its members."""
    provisioners._sm_secret_string = _secret_string


def _secret_string(properties: Properties) -> str:
    generate = properties.get("GenerateSecretString")
    if generate is None or properties.get("SecretString"):
        return str(properties.get("SecretString", ""))
    wanted = {name: value for name, value in generate.items() if name not in _TEMPLATE}
    length = int(wanted.pop("PasswordLength", 32))
    characters = wanted.pop("ExcludeCharacters", "")
    switches = {name: truth(value) for name, value in wanted.items()}
    request = {"PasswordLength": length, "ExcludeCharacters": characters, **switches}
    password = str(call("secretsmanager", "GetRandomPassword", request)["RandomPassword"])
    if "SecretStringTemplate" not in generate:
        return password
    return json.dumps({**json.loads(generate["SecretStringTemplate"]), generate["GenerateStringKey"]: password})


_TEMPLATE = ("SecretStringTemplate", "GenerateStringKey")


def _secret(secret_id: str) -> dict[str, Any]:
    _, secret = store._resolve(secret_id)
    if secret is None:
        raise ValueError(f"Secrets Manager can't find the secret {secret_id}")
    found: dict[str, Any] = secret
    return found


def _put_schedule(resource: Resource) -> Created:
    """Stored, and shown by DescribeSecret. Nothing rotates: the local cloud does not run long enough."""
    properties = resource.properties
    if "HostedRotationLambda" in properties:
        raise ValueError("HostedRotationLambda is not supported: it needs the AWS::SecretsManager transform")
    secret = _secret(properties["SecretId"])
    secret["RotationEnabled"] = True
    secret["RotationRules"] = properties.get("RotationRules", {})
    if properties.get("RotationLambdaARN"):
        secret["RotationLambdaARN"] = properties["RotationLambdaARN"]
    return Created(secret["ARN"], {"Id": secret["ARN"]})


def _delete_schedule(_: str, properties: Properties) -> None:
    _, secret = store._resolve(properties["SecretId"])
    if secret is not None:
        secret["RotationEnabled"] = False
        secret.pop("RotationRules", None)
        secret.pop("RotationLambdaARN", None)


def _put_policy(resource: Resource) -> Created:
    policy = resource.properties["ResourcePolicy"]
    request = {
        "SecretId": resource.properties["SecretId"],
        "ResourcePolicy": policy if isinstance(policy, str) else json.dumps(policy),
        "BlockPublicPolicy": truth(resource.properties.get("BlockPublicPolicy", False)),
    }
    arn = call("secretsmanager", "PutResourcePolicy", request)["ARN"]
    return Created(arn, {"Id": arn})


def _delete_policy(_: str, properties: Properties) -> None:
    call_unless_gone("secretsmanager", "DeleteResourcePolicy", {"SecretId": properties["SecretId"]})


TYPES = {
    "AWS::SecretsManager::RotationSchedule": ResourceType(
        _put_schedule, _put_schedule, _delete_schedule, replaces=("SecretId",)
    ),
    "AWS::SecretsManager::ResourcePolicy": ResourceType(
        _put_policy, _put_policy, _delete_policy, replaces=("SecretId",)
    ),
}
