"""Which permissions a request needs, on which resources, with which condition keys.

The tables of https://docs.aws.amazon.com/service-authorization/latest/reference/ for the requests Vendhost makes.
"""

from collections.abc import Callable

from ministack.services import autoscaling, cloudformation

from vendhost_cloud.authorization import ebs, ec2, group_launches, keys
from vendhost_cloud.authorization.request import Context, Request, Requirement, pass_role
from vendhost_cloud.automations import checks as automations
from vendhost_cloud.builds.store import projects_of_request


def of(request: Request) -> list[Requirement]:
    """Everything the request needs; never empty, the request's own action comes first."""
    readers: dict[str, Callable[[Request], list[Requirement]]] = {
        "ebs": ebs.requirements,
        "ec2": ec2.requirements,
        "s3": keys.object_requirements,
        "ssm": _ssm,
        "cloudformation": _cloudformation,
        "elasticloadbalancing": _load_balancing,
        "autoscaling": _auto_scaling,
        "rds": _rds,
        "monitoring": _cloudwatch,
        "cloudtrail": _cloudtrail,
        "iam": _iam,
        "codebuild": _code_build,
        "codedeploy": _code_deploy,
        "codepipeline": _code_pipeline,
        "sns": _sns,
        "logs": _logs,
        "events": _events,
    }
    reader = readers.get(request.service)
    return reader(request) if reader else [request.needs(request.arn)]


def constant_context(service: str) -> Context:
    """Condition keys that are the same for every request from loopback."""
    return {"s3:TlsVersion": "1.3"} if service == "s3" else {}


def _without_resource_in_describe(request: Request) -> list[Requirement]:
    """Describe actions of these services have no resource types: a policy must grant them on `*`."""
    return [request.needs("*" if request.operation.startswith("Describe") else request.arn)]


_RDS_NAMES = {
    "DescribeDBInstances": ("DBInstanceIdentifier", "db"),
    "DescribeDBParameterGroups": ("DBParameterGroupName", "pg"),
    "DescribeDBParameters": ("DBParameterGroupName", "pg"),
    "DescribeDBSubnetGroups": ("DBSubnetGroupName", "subgrp"),
}


def _rds(request: Request) -> list[Requirement]:
    """A look at one database or group is about that one, a look without a name about all.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
    """
    if request.operation == "ListTagsForResource":
        return [request.needs(request.parameter("ResourceName"))]
    name_parameter, kind = _RDS_NAMES.get(request.operation, ("", ""))
    name = request.parameter(name_parameter)
    return [request.needs(request.own("rds", f"{kind}:{name}"))] if name else _without_resource_in_describe(request)


def _cloudwatch(request: Request) -> list[Requirement]:
    """Named alarms are about those; a look without names is about all."""
    tagged = request.parameter("ResourceARN") or request.json.get("ResourceARN")
    if request.operation == "ListTagsForResource" and tagged:
        return [request.needs(str(tagged))]
    names = request.parameters("AlarmNames") or [str(name) for name in request.json.get("AlarmNames") or []]
    if request.operation != "DescribeAlarms" or not names:
        return [request.needs(request.arn)]
    return [request.needs(request.own("cloudwatch", f"alarm:{name}")) for name in names]


def _cloudtrail(request: Request) -> list[Requirement]:
    if request.operation != "ListTags":
        return [request.needs(request.arn)]
    return [request.needs(str(arn)) for arn in request.json.get("ResourceIdList") or [request.arn]]


def _auto_scaling(request: Request) -> list[Requirement]:
    """With a launch template, everything that the template's version launches."""
    if request.operation not in ("CreateAutoScalingGroup", "UpdateAutoScalingGroup", "StartInstanceRefresh"):
        return _without_resource_in_describe(request)
    refresh = request.operation == "StartInstanceRefresh"
    prefix = "DesiredConfiguration.LaunchTemplate" if refresh else "LaunchTemplate"
    given = {
        name: request.parameter(f"{prefix}.{name}") for name in ("LaunchTemplateId", "LaunchTemplateName", "Version")
    }
    specification = {name: value for name, value in given.items() if value}
    group = autoscaling._asgs.get(request.parameter("AutoScalingGroupName")) or {}
    subnets = request.parameter("VPCZoneIdentifier") or str(group.get("VPCZoneIdentifier") or "")
    context: Context = {} if refresh else group_launches.version_keys(specification)
    for name in () if refresh else ("MinSize", "MaxSize", "LaunchConfigurationName"):
        if request.parameter(name):
            context[f"autoscaling:{name}"] = request.parameter(name)
    launching = group_launches.needed(specification, [one for one in subnets.split(",") if one])
    others = [Requirement(action, arn, action.partition(":")[0], keys) for action, arn, keys in launching]
    return [request.needs(request.arn, context), *others]


def _send_command(request: Request) -> list[Requirement]:
    """The document, each instance, and the bucket of the output."""
    document = f"arn:aws:ssm:{request.region}::document/{request.json.get('DocumentName')}"
    instances = [request.own("ec2", f"instance/{one}") for one in request.json.get("InstanceIds") or []]
    bucket = request.json.get("OutputS3BucketName")
    return [
        request.needs(document),
        *(Requirement(request.action, arn, "ec2") for arn in instances),
        *([Requirement(request.action, f"arn:aws:s3:::{bucket}", "ssm")] if bucket else []),
    ]


_OF_DOCUMENTS = ("CreateDocument", "DeleteDocument", "DescribeDocument", "GetDocument", "UpdateDocument")


def _document_arn(request: Request) -> str:
    """Of the account's own documents; one of AWS's is in no account."""
    name = str(request.json.get("DocumentName") or request.json.get("Name"))
    own = request.own("ssm", f"document/{name}")
    return own.replace(f":{request.account}:", "::") if name.startswith("AWS") else own


def _start_automation(request: Request) -> list[Requirement]:
    """The document, the execution, and to pass the role that the document names.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-troubleshooting.html
    """
    role = automations.assumed_role(str(request.json.get("DocumentName")))
    return [
        request.needs(_document_arn(request)),
        request.needs(request.own("ssm", "automation-execution/*")),
        *([pass_role(role, "ssm.amazonaws.com")] if role else []),
    ]


def _ssm(request: Request) -> list[Requirement]:
    if request.operation == "SendCommand":
        return _send_command(request)
    if request.operation == "StartAutomationExecution":
        return _start_automation(request)
    if request.operation == "GetAutomationExecution":
        wanted = request.json.get("AutomationExecutionId")
        return [request.needs(request.own("ssm", f"automation-execution/{wanted}"))]
    if request.operation in _OF_DOCUMENTS:
        return [request.needs(_document_arn(request))]
    if request.operation in ("GetCommandInvocation", "CancelCommand", "ListCommands", "ListCommandInvocations"):
        return [request.needs("*")]
    names = request.json.get("Names") or [request.json.get("Path")]
    if request.operation not in ("GetParameters", "DeleteParameters", "GetParametersByPath") or not names[0]:
        return [request.needs(request.arn)]
    return [request.needs(request.own("ssm", f"parameter/{str(name).lstrip('/')}")) for name in names]


def _cloudformation(request: Request) -> list[Requirement]:
    """A change set's permissions are those on its stack, limited by cloudformation:ChangeSetName."""
    context: Context = {}
    role, change_set = request.parameter("RoleARN"), request.parameter("ChangeSetName")
    if role:
        context["cloudformation:RoleArn"] = role
    if change_set:
        context["cloudformation:ChangeSetName"] = change_set
    tags = {key: value for key, value in _members(request, "Tags") if key}
    if tags:
        context["aws:TagKeys"] = list(tags)
        context.update({f"aws:RequestTag/{key}": value for key, value in tags.items()})
    arn = request.arn
    if change_set.startswith("arn:") and not request.parameter("StackName"):
        found = cloudformation._change_sets.get(change_set) or {}
        arn = str(found.get("StackId", arn))
    needed = [request.needs(arn, context)]
    created = {**context, "cloudformation:CreateAction": request.operation}
    if tags and request.operation in ("CreateStack", "CreateChangeSet", "UpdateStack"):
        needed.append(Requirement("cloudformation:TagResource", arn, "cloudformation", created))
    if role:
        needed.append(pass_role(role, "cloudformation.amazonaws.com"))
    return needed


def _members(request: Request, name: str) -> list[tuple[str, str]]:
    prefix = f"{name}.member"
    found: list[tuple[str, str]] = []
    for number in range(1, 51):
        key = request.parameter(f"{prefix}.{number}.Key")
        if not key:
            break
        found.append((key, request.parameter(f"{prefix}.{number}.Value")))
    return found


def _load_balancing(request: Request) -> list[Requirement]:
    if request.operation.startswith("Describe"):
        return [request.needs("*")]
    arns = request.parameters("ResourceArns") or [request.parameter("RuleArn") or request.arn]
    return [request.needs(arn) for arn in arns]


def _code_build(request: Request) -> list[Requirement]:
    """Each project that is named, or whose build is; the service role is passed."""
    names = dict.fromkeys(projects_of_request(request.json))
    role = str(request.json.get("serviceRole") or "")
    return [
        *([request.needs(request.own("codebuild", f"project/{one}")) for one in names] or [request.needs(request.arn)]),
        *([pass_role(role, "codebuild.amazonaws.com")] if role else []),
    ]


def _code_deploy(request: Request) -> list[Requirement]:
    role = str(request.json.get("serviceRoleArn") or "")
    return [request.needs(request.arn), *([pass_role(role, "codedeploy.amazonaws.com")] if role else [])]


def _code_pipeline(request: Request) -> list[Requirement]:
    """The pipeline's role, and those of its actions."""
    pipeline = request.json.get("pipeline") or {}
    actions = [action for stage in pipeline.get("stages") or [] for action in stage.get("actions") or []]
    roles = dict.fromkeys(one["roleArn"] for one in (pipeline, *actions) if one.get("roleArn"))
    return [request.needs(request.arn), *(pass_role(role, "codepipeline.amazonaws.com") for role in roles)]


def _logs(request: Request) -> list[Requirement]:
    """A batch is about its stream; what is about a whole group needs it with `:*`.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    group, stream = request.json.get("logGroupName"), request.json.get("logStreamName")
    if request.operation in ("PutLogEvents", "GetLogEvents"):
        return [request.needs(request.own("logs", f"log-group:{group}:log-stream:{stream}"))]
    if request.operation in ("CreateLogStream", "FilterLogEvents"):
        return [request.needs(request.own("logs", f"log-group:{group}:*"))]
    return [request.needs(request.arn)]


def _events(request: Request) -> list[Requirement]:
    """A rule of the default bus has no bus in its ARN; the roles of targets are passed."""
    named = request.json.get("ResourceARN") or request.json.get("Name") or request.json.get("Rule")
    arn = str(named or "*")
    if named and not arn.startswith("arn:"):
        arn = request.own("events", f"rule/{arn}")
    roles = {str(one["RoleArn"]) for one in request.json.get("Targets") or [] if one.get("RoleArn")}
    return [request.needs(arn), *(pass_role(role, "events.amazonaws.com") for role in sorted(roles))]


def _sns(request: Request) -> list[Requirement]:
    """Tags are of a topic, which these calls name otherwise than the others."""
    return [request.needs(request.parameter("ResourceArn") or request.arn)]


def _iam(request: Request) -> list[Requirement]:
    prefix = f"arn:aws:iam::{request.account}"
    profile, provider = request.parameter("InstanceProfileName"), request.parameter("OpenIDConnectProviderArn")
    if profile:
        return [request.needs(f"{prefix}:instance-profile/{profile}")]
    return [request.needs(provider or request.arn)]
