"""One run of a document: its steps, and what came of each."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions

from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.roles import Role
from vendhost_cloud.service_api import call

Document = dict[str, Any]

_REFERENCE = re.compile(r"\{\{\s*([\w.:-]+)\s*\}\}")
_APIS = {("elbv2", "ModifyRule"): ("elasticloadbalancing:ModifyRule", "RuleArn")}
"""(service, API) -> (action, member with the resource)"""


class StepFailed(Exception):
    """Why a step failed, in Automation's words."""


@dataclass
class Execution:
    """A run, and how far it is."""

    id: str
    document: str
    version: str
    content: Document
    parameters: dict[str, str]
    role: Role
    started: float = field(default_factory=time.time)
    status: str = "Pending"
    failure: str = ""
    steps: list[Document] = field(default_factory=list)

    def described(self) -> Document:
        shown: Document = {
            "AutomationExecutionId": self.id,
            "DocumentName": self.document,
            "DocumentVersion": self.version,
            "ExecutionStartTime": self.started,
            "AutomationExecutionStatus": self.status,
            "StepExecutions": [dict(step) for step in self.steps],
            "Parameters": {name: [value] for name, value in self.parameters.items()},
        }
        return {**shown, "FailureMessage": self.failure} if self.failure else shown


def run(execution: Execution) -> None:
    """Step by step to the end, or to the first that fails."""
    execution.status = "InProgress"
    by_name = {step["name"]: step for step in execution.content["mainSteps"]}
    order = list(by_name)
    name: str | None = order[0]
    while name is not None:
        step = by_name[name]
        record: Document = {"StepName": name, "Action": step["action"], "StepStatus": "InProgress"}
        execution.steps.append(record)
        try:
            chosen = _perform(execution, step)
        except StepFailed as error:
            record.update(StepStatus="Failed", FailureMessage=str(error))
            execution.failure = str(error)
            execution.status = "Failed"
            return
        record["StepStatus"] = "Success"
        after = order[order.index(name) + 1] if order.index(name) + 1 < len(order) else None
        name = chosen or (None if step.get("isEnd") else step.get("nextStep", after))
    execution.status = "Success"


def _perform(execution: Execution, step: Document) -> str | None:
    """Do a step; the name of the next one, if the step says it."""
    inputs = _resolved(step.get("inputs") or {}, execution.parameters)
    if step["action"] == "aws:branch":
        for choice in inputs["Choices"]:
            if choice["Variable"] == choice["StringEquals"]:
                return str(choice["NextStep"])
        return str(inputs["Default"])
    if step["action"] != "aws:executeAwsApi":
        raise _failed(Unsupported(f"the action {step['action']}"), step["action"])
    _call_as(execution.role, inputs)
    return None


def _call_as(role: Role, inputs: Document) -> None:
    service, api = inputs.pop("Service"), inputs.pop("Api")
    known = _APIS.get((service, api))
    if known is None:
        raise _failed(Unsupported(f"{service}:{api} in an automation"), api)
    action, resource = known
    try:
        role.require(action, str(inputs.get(resource)))
        call(service, api, inputs)
    except (AwsError, botocore.exceptions.ParamValidationError) as error:
        raise _failed(error, api) from error


def _failed(error: Exception, api: str) -> StepFailed:
    code, message = (error.code, error.message) if isinstance(error, AwsError) else ("ParamValidation", str(error))
    why = f"An error occurred ({code}) when calling the {api} operation: {message}"
    return StepFailed(
        f"Step fails when it is Execute/Cancelling action. {why}. "
        "Please refer to Automation Service Troubleshooting Guide for more diagnosis details."
    )


def _resolved(value: Any, parameters: dict[str, str]) -> Any:
    """Each reference to a parameter replaced by its value, in any text at any depth."""
    if isinstance(value, dict):
        return {key: _resolved(item, parameters) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, parameters) for item in value]
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda found: parameters.get(found[1], found[0]), value)
