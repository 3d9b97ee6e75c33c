"""AWS::CodePipeline::Pipeline, through the operations of this package's CodePipeline."""

from typing import Any

from ministack.core.responses import get_account_id, get_region

from vendhost_cloud import codepipeline
from vendhost_cloud.cloudformation.request_shape import as_text, lower_camel
from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType, truth
from vendhost_cloud.errors import AwsError

_PROPERTIES = ("RoleArn", "ArtifactStore", "Stages", "ExecutionMode", "PipelineType", "Triggers", "Variables")
_NUMBERS = ("runOrder", "timeoutInMinutes")


def _declaration(name: str, resource: Resource) -> dict[str, Any]:
    """The `pipeline` member of Create- and UpdatePipeline."""
    declaration: dict[str, Any] = lower_camel(resource.pick(*_PROPERTIES), opaque=("Configuration",))
    for stage in declaration["stages"]:
        for action in stage.get("actions", []):
            _convert_action(action)
    stores = resource.properties.get("ArtifactStores")
    if stores:
        declaration["artifactStores"] = {entry["Region"]: lower_camel(entry["ArtifactStore"]) for entry in stores}
    return {"name": name, **declaration}


def _convert_action(action: dict[str, Any]) -> None:
    if "configuration" in action:
        action["configuration"] = {key: as_text(value) for key, value in action["configuration"].items()}
    for number in _NUMBERS:
        if number in action:
            action[number] = int(action[number])
    if "actionTypeId" in action:
        action["actionTypeId"] = {key: as_text(value) for key, value in action["actionTypeId"].items()}


def _create(resource: Resource) -> Created:
    name = resource.name("Name", 100)
    tags = lower_camel(resource.properties.get("Tags") or [])
    request = {"pipeline": _declaration(name, resource), **({"tags": tags} if tags else {})}
    created = codepipeline.call("CreatePipeline", request)["pipeline"]
    _set_transitions(name, resource)
    return _pipeline(created)


def _update(resource: Resource) -> Created:
    name = resource.physical_id
    updated = codepipeline.call("UpdatePipeline", {"pipeline": _declaration(name, resource)})["pipeline"]
    _set_transitions(name, resource)
    _retag(name, resource)
    if truth(resource.properties.get("RestartExecutionOnUpdate", False)):
        codepipeline.call("StartPipelineExecution", {"name": name})
    return _pipeline(updated)


def _set_transitions(name: str, resource: Resource) -> None:
    wanted = {entry["StageName"]: entry for entry in resource.properties.get("DisableInboundStageTransitions") or []}
    before = {entry["StageName"] for entry in resource.previous.get("DisableInboundStageTransitions") or []}
    for stage in sorted(before - wanted.keys()):
        codepipeline.call(
            "EnableStageTransition", {"pipelineName": name, "stageName": stage, "transitionType": "Inbound"}
        )
    for stage, entry in wanted.items():
        request = {"pipelineName": name, "stageName": stage, "transitionType": "Inbound", "reason": entry["Reason"]}
        codepipeline.call("DisableStageTransition", request)


def _retag(name: str, resource: Resource) -> None:
    arn = _arn(name)
    before, after = resource.previous.get("Tags") or [], resource.properties.get("Tags") or []
    gone = {tag["Key"] for tag in before} - {tag["Key"] for tag in after}
    if gone:
        codepipeline.call("UntagResource", {"resourceArn": arn, "tagKeys": sorted(gone)})
    if after and after != before:
        codepipeline.call("TagResource", {"resourceArn": arn, "tags": lower_camel(after)})


def _arn(name: str) -> str:
    return f"arn:aws:codepipeline:{get_region()}:{get_account_id()}:{name}"


def _pipeline(declaration: dict[str, Any]) -> Created:
    name = declaration["name"]
    return Created(name, {"Version": str(declaration.get("version", 1)), "Arn": _arn(name)})


def _delete(physical_id: str, _: Properties) -> None:
    try:
        codepipeline.call("DeletePipeline", {"name": physical_id})
    except AwsError as error:
        if error.code != "PipelineNotFoundException":
            raise


TYPES = {
    "AWS::CodePipeline::Pipeline": ResourceType(
        _create, _update, _delete, replaces=("Name",), custom_name="Name", tags=True, waits=True
    ),
}
