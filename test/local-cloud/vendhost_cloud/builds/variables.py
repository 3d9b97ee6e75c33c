"""The environment of a build: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html

What is given when a build starts comes before the project's, and that before the buildspec's. Secrets and parameters
are read with the credentials of the service role.
"""

import json
import os
from typing import Any

import botocore.exceptions
import botocore.session
from ministack.core.responses import get_region

from vendhost_cloud.builds.buildspec import Buildspec
from vendhost_cloud.builds.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.sessions import Session

ENDPOINT = f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '')}"


def resolve(spec: Buildspec, environment: Document, session: Session) -> tuple[dict[str, str], list[str]]:
    """All variables, and the values among them that logs must not show. Raises AwsError where one cannot be read."""
    wanted: dict[str, tuple[str, str]] = {
        **{name: ("PLAINTEXT", value) for name, value in spec.variables.items()},
        **{name: ("PARAMETER_STORE", value) for name, value in spec.parameters.items()},
        **{name: ("SECRETS_MANAGER", value) for name, value in spec.secrets.items()},
        **{
            one["name"]: (one.get("type", "PLAINTEXT"), one["value"])
            for one in environment.get("environmentVariables") or []
        },
    }
    readers = {"PARAMETER_STORE": _parameter, "SECRETS_MANAGER": _secret}
    found: dict[str, str] = {}
    hidden: list[str] = []
    for name, (kind, value) in wanted.items():
        reader = readers.get(kind)
        found[name] = value if reader is None else reader(value, session)
        if reader is not None:
            hidden.append(found[name])
    return found, hidden


def _parameter(name: str, session: Session) -> str:
    answer = _ask("ssm", "get_parameter", "Parameter Store", session, Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def _secret(reference: str, session: Session) -> str:
    """`secret-id:json-key:version-stage:version-id`, all but the first may be missing; the id may be an ARN."""
    parts = reference.split(":")
    length = 7 if reference.startswith("arn:") else 1
    name, (key, stage, version) = ":".join(parts[:length]), (*parts[length:], "", "", "")[:3]
    more = {**({"VersionStage": stage} if stage else {}), **({"VersionId": version} if version else {})}
    answer = _ask("secretsmanager", "get_secret_value", "Secrets Manager", session, SecretId=name, **more)
    text = str(answer["SecretString"])
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable("Secrets Manager", f"secret {name} has no JSON key {key}") from error


def _ask(service: str, operation: str, called: str, session: Session, **request: Any) -> Any:
    client = botocore.session.get_session().create_client(
        service,
        region_name=get_region(),
        endpoint_url=ENDPOINT,
        aws_access_key_id=session.key,
        aws_secret_access_key=session.secret,
        aws_session_token=session.token,
    )
    try:
        return getattr(client, operation)(**request)
    except botocore.exceptions.ClientError as error:
        detail = error.response["Error"]
        raise _unreadable(called, f"{detail['Code']}: {detail['Message']}") from error


def _unreadable(service: str, why: str) -> AwsError:
    return AwsError("CLIENT_ERROR", f"{service} Error Message: {why}")
