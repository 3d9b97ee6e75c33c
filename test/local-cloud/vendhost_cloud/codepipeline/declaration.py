"""Pipelines that are supported: S3 sources, manual approvals, CodeDeploy deployments.

https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html
"""

import re

from vendhost_cloud.codepipeline.store import Document
from vendhost_cloud.errors import AwsError, Unsupported

NAME = re.compile(r"[A-Za-z0-9.@_-]{1,100}")
MODES = ("SUPERSEDED", "QUEUED")
CONFIGURATION = {
    ("Source", "S3"): ({"S3Bucket", "S3ObjectKey"}, {"PollForSourceChanges", "AllowOverrideForS3ObjectKey"}),
    ("Approval", "Manual"): (set[str](), {"NotificationArn", "CustomData", "ExternalEntityLink"}),
    ("Deploy", "CodeDeploy"): ({"ApplicationName", "DeploymentGroupName"}, set[str]()),
}
"""(category, provider) -> required and optional keys of the configuration."""


def check(given: Document) -> Document:
    """The declaration with AWS's defaults filled in; raises for what AWS or the local cloud rejects."""
    name = given["name"]
    if not NAME.fullmatch(name):
        raise AwsError("ValidationException", f"not a pipeline name: {name}")
    kind = given.get("pipelineType", "V1")
    mode = given.get("executionMode", "SUPERSEDED")
    if kind not in ("V1", "V2"):
        raise AwsError("ValidationException", f"not a pipeline type: {kind}")
    if kind == "V1" and (mode != "SUPERSEDED" or given.get("variables")):
        raise AwsError(
            "InvalidStructureException",
            f"execution mode {mode} and variables need the pipeline type V2",
        )
    if mode not in MODES:
        raise Unsupported(f"the execution mode {mode}")
    for member in ("triggers", "artifactStores"):
        if given.get(member):
            raise Unsupported(f"pipelines with {member}")
    if not given.get("artifactStore"):
        raise AwsError("InvalidStructureException", "the pipeline has no artifactStore")
    stages = [_stage(stage) for stage in given["stages"]]
    _check_structure(stages)
    return {**given, "stages": stages, "pipelineType": kind, "executionMode": mode}


def _stage(stage: Document) -> Document:
    if not NAME.fullmatch(stage["name"]):
        raise AwsError("InvalidStageDeclarationException", f"not a stage name: {stage['name']}")
    for member in ("blockers", "onFailure", "onSuccess", "beforeEntry"):
        if stage.get(member):
            raise Unsupported(f"stages with {member} ({stage['name']})")
    if not stage["actions"]:
        raise AwsError("InvalidStageDeclarationException", f"the stage {stage['name']} has no actions")
    _unique([action["name"] for action in stage["actions"]], f"actions of the stage {stage['name']}")
    return {**stage, "actions": [_action(action) for action in stage["actions"]]}


def _action(action: Document) -> Document:
    name, kind = action["name"], action["actionTypeId"]
    where = f"the action {name}"
    allowed = CONFIGURATION.get((kind["category"], kind["provider"]))
    if allowed is None or kind["owner"] != "AWS" or kind["version"] != "1":
        raise Unsupported(
            f"actions of {kind['category']}/{kind['owner']}/{kind['provider']} version {kind['version']} ({name})"
        )
    for member in ("commands", "outputVariables", "environmentVariables", "region"):
        if action.get(member):
            raise Unsupported(f"actions with {member} ({name})")
    configuration = action.get("configuration") or {}
    missing = allowed[0] - set(configuration)
    unknown = set(configuration) - allowed[0] - allowed[1]
    if missing or unknown:
        fault = f"lacks {sorted(missing)}" if missing else f"does not know {sorted(unknown)}"
        raise AwsError("InvalidActionDeclarationException", f"the configuration of {where} {fault}")
    if kind["provider"] == "S3" and configuration.get("PollForSourceChanges") != "false":
        raise Unsupported(f"S3 sources without PollForSourceChanges=false ({name})")
    inputs, outputs = action.get("inputArtifacts") or [], action.get("outputArtifacts") or []
    wanted = {"Source": (0, 1), "Approval": (0, 0), "Deploy": (1, 0)}[kind["category"]]
    if (len(inputs), len(outputs)) != wanted:
        raise AwsError(
            "InvalidActionDeclarationException",
            f"{where} needs {wanted[0]} input and {wanted[1]} output artifacts",
        )
    return {**action, "runOrder": action.get("runOrder", 1), "configuration": configuration}


def _check_structure(stages: list[Document]) -> None:
    if len(stages) < 2:
        raise AwsError("InvalidStructureException", "Pipeline should have at least two stages")
    _unique([stage["name"] for stage in stages], "stages")
    known: set[str] = set()
    for number, stage in enumerate(stages):
        for action in sorted(stage["actions"], key=lambda one: one["runOrder"]):
            if (action["actionTypeId"]["category"] == "Source") != (number == 0):
                raise AwsError(
                    "InvalidStructureException",
                    "the first stage holds source actions only, and no other stage holds any "
                    f"({stage['name']}/{action['name']})",
                )
            for artifact in action.get("inputArtifacts") or []:
                if artifact["name"] not in known:
                    raise AwsError(
                        "InvalidActionDeclarationException",
                        f"no earlier action makes the input artifact {artifact['name']} of {action['name']}",
                    )
            known |= {artifact["name"] for artifact in action.get("outputArtifacts") or []}


def _unique(names: list[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AwsError("InvalidStructureException", f"{what} named twice: {', '.join(twice)}")


def actions(declaration: Document) -> list[tuple[str, Document]]:
    """(stage name, action) in order."""
    return [(stage["name"], action) for stage in declaration["stages"] for action in stage["actions"]]
