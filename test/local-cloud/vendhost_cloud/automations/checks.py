"""What Automation refuses before anything runs."""

import json
import re
from typing import Any

from vendhost_cloud.cloudformation.ssm_document import find_document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.roles import Role

Document = dict[str, Any]

_KNOWN = {"ClientToken", "DocumentName", "DocumentVersion", "Parameters"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def shape(request: Document) -> None:
    """Members of the request."""
    foreign = sorted(set(request) - _KNOWN)
    if foreign:
        raise Unsupported(f"ssm:StartAutomationExecution with {', '.join(foreign)}")
    token = request.get("ClientToken")
    if token is not None and not _UUID.fullmatch(str(token)):
        raise _invalid(f"The client token {token} is not a UUID.")


def document(request: Document) -> tuple[Document, str]:
    """Content and number of the version that is started."""
    name = str(request.get("DocumentName"))
    found = find_document(name)
    if found is None or found["Type"] != "Automation":
        raise AwsError("AutomationDefinitionNotFoundException", f"Automation definition with name {name} not found.")
    wanted = str(request.get("DocumentVersion") or "$DEFAULT")
    versions = found["Versions"]
    number = len(versions) if wanted.startswith("$") else int(wanted)
    if not 1 <= number <= len(versions):
        raise AwsError("AutomationDefinitionVersionNotFoundException", f"Version {wanted} of {name} not found.")
    content: Document = json.loads(versions[number - 1])
    if content.get("schemaVersion") != "0.3" or not content.get("mainSteps"):
        raise Unsupported(f"the document {name}: it is no Automation document of schema 0.3 with steps")
    return content, str(number)


def parameters(content: Document, given: Document) -> dict[str, str]:
    """The value of each; only those of the document, and only values that it allows."""
    declared: Document = content.get("parameters") or {}
    foreign = sorted(set(given) - set(declared))
    if foreign:
        raise _invalid(f"Parameters {foreign} are not defined in the Automation document.")
    values: dict[str, str] = {}
    for name, about in declared.items():
        if about.get("type") != "String":
            raise Unsupported(f"a parameter of the type {about.get('type')}")
        listed = given.get(name, [about["default"]] if "default" in about else [])
        if not isinstance(listed, list) or len(listed) != 1:
            raise _invalid(f"Parameter {name} needs one value.")
        value = str(listed[0])
        if value not in about.get("allowedValues", [value]):
            raise _invalid(f"Parameter {name} has value {value} not in the allowed values {about['allowedValues']}.")
        values[name] = value
    return values


def role(content: Document) -> Role:
    """The role that the document names."""
    arn = str(content.get("assumeRole") or "")
    if not arn or "{{" in arn:
        raise Unsupported("an automation without a role in its document, which would act as whoever starts it")
    return Role(arn, "ssm.amazonaws.com")


def assumed_role(name: str) -> str:
    """ARN of the role that a document's newest version names; empty where there is no such document."""
    found = find_document(name)
    if found is None or found["Type"] != "Automation":
        return ""
    return str(json.loads(found["Versions"][-1]).get("assumeRole") or "")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidAutomationExecutionParametersException", message)


def require_assumable(found: Role, source: str) -> None:
    """https://repost.aws/knowledge-center/ssm-automation-troubleshoot-failures"""
    if not found.assumable({"aws:SourceArn": source}):
        raise _invalid("The defined assume role is unable to be assumed.")
