"""The administrator's password in a secret of RDS's own (ManageMasterUserPassword), which RDS rotates.

Nobody but RDS writes or deletes the secret; RotateSecret rotates it at once. The local cloud does not run long enough
for the schedule.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response, new_uuid
from ministack.services import rds, secretsmanager

from vendhost_cloud.cloudformation.resource_type import Properties, truth
from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call, Response, before
from vendhost_cloud.service_api import call

_OWNER = "aws:secretsmanager:owningService"
_DATABASE = "aws:rds:primaryDBInstanceArn"
_DAYS = 7


def check(properties: Properties) -> None:
    """Refuse a template that both gives a password and leaves it to RDS."""
    if truth(properties.get("ManageMasterUserPassword", False)) and properties.get("MasterUserPassword"):
        raise ValueError(
            "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled. "
            "(Service: Rds, Status Code: 400, Error Code: InvalidParameterCombination)"
        )


def settle(name: str, properties: Properties) -> dict[str, str]:
    """Give the database its secret, keep it, or take it away, as the template says; the attributes with its ARN."""
    record = rds._instances[name]
    if not truth(properties.get("ManageMasterUserPassword", False)):
        remove(record)
        return {}
    if "MasterUserSecret" not in record:
        key = (properties.get("MasterUserSecret") or {}).get("KmsKeyId")
        record["MasterUserSecret"] = {"SecretArn": _create(record, key), "SecretStatus": "active", "KmsKeyId": key}
    return {"MasterUserSecret.SecretArn": record["MasterUserSecret"]["SecretArn"]}


def remove(record: dict[str, Any]) -> None:
    kept = record.pop("MasterUserSecret", None)
    if kept is None:
        return
    name, _ = secretsmanager._resolve(kept["SecretArn"])
    secretsmanager._secrets.pop(name, None)


def _create(record: dict[str, Any], key: str | None) -> str:
    password = _new_password()
    tags = {_OWNER: "rds", _DATABASE: record["DBInstanceArn"]}
    request = {
        "Name": f"rds!db-{new_uuid()}",
        "Description": f"Secret associated with primary RDS DB instance: {record['DBInstanceArn']}",
        "SecretString": _content(record, password),
        "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
        **({"KmsKeyId": key} if key else {}),
    }
    arn = str(call("secretsmanager", "CreateSecret", request)["ARN"])
    _, secret = secretsmanager._resolve(arn)
    secret.update(RotationEnabled=True, RotationRules={"AutomaticallyAfterDays": _DAYS}, OwningService="rds")
    record["_MasterUserPassword"] = password
    return arn


def _content(record: dict[str, Any], password: str) -> str:
    return json.dumps({"username": record["MasterUsername"], "password": password})


def _new_password() -> str:
    request = {"PasswordLength": 28, "ExcludeCharacters": "/@\"' "}
    return str(call("secretsmanager", "GetRandomPassword", request)["RandomPassword"])


def register(serve: Callable[[str], object]) -> None:
    """`serve` makes the database's server have its record's password."""

    def look(request: Call) -> Response | None:
        _, secret = secretsmanager._resolve(str(request.json.get("SecretId", "")))
        if secret is None or not str(secret["Name"]).startswith("rds!"):
            return None
        if request.operation in ("DeleteSecret", "PutSecretValue", "UpdateSecret"):
            message = "You can't perform this operation on the secret because it is managed by rds."
            raise AwsError("InvalidRequestException", message)
        return _rotate(secret, request.json, serve) if request.operation == "RotateSecret" else None

    before("secretsmanager", look)


def _rotate(secret: dict[str, Any], request: dict[str, Any], serve: Callable[[str], object]) -> Response:
    if request.get("RotationLambdaARN"):
        raise AwsError("InvalidRequestException", "You can't specify a Lambda function for a managed secret.")
    secret["RotationRules"] = request.get("RotationRules") or secret["RotationRules"]
    version, _ = secretsmanager._find_stage_version(secret, "AWSCURRENT")
    if request.get("RotateImmediately", True):
        arn = next(tag["Value"] for tag in secret["Tags"] if tag["Key"] == _DATABASE)
        name = str(arn).rpartition(":db:")[2]
        record = rds._instances[name]
        record["_MasterUserPassword"] = _new_password()
        serve(name)
        secretsmanager._publish_new_version(secret, secret_string=_content(record, record["_MasterUserPassword"]))
        version, _ = secretsmanager._find_stage_version(secret, "AWSCURRENT")
    answer: Response = json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version})
    return answer
