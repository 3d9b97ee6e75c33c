"""What a role of CloudFormation needs for the types of an intake: REST APIs, functions, queues, projects, rules.

ARNs: https://docs.aws.amazon.com/service-authorization/latest/reference/list_apigatewaymanagement.html,
list_awslambda.html, list_amazonsqs.html, list_awscodebuild.html and list_amazoneventbridge.html.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vendhost_cloud.authorization.type_permissions import Call, Handlers, Permission, Resource, Table, passed

_TAGGED = ("Tags",)


def _gateway(path: str) -> str:
    return f"arn:aws:apigateway:{{region}}::/{path}"


def _at(path: str) -> Callable[[Resource], str]:
    """A path of API Gateway's own API: {own} is the physical id, another name is that property."""

    def arn(resource: Resource) -> str:
        given = {key: str(value) for key, value in resource.properties.items()}
        return _gateway(path).format_map({**given, "own": resource.physical_id, "region": resource.region})

    return arn


def _part(collection: str, one: str) -> Handlers:
    """A part of a REST API, with the path of the collection it is made in, and its own."""
    api = "restapis/{RestApiId}/"
    return Handlers(
        (Call("apigateway:POST", _at(api + collection)),),
        (Call("apigateway:PATCH", _at(api + one)),),
        (Call("apigateway:DELETE", _at(api + one)),),
    )


def _tags(*actions: str) -> tuple[Call, ...]:
    return tuple(Call(action, _at("tags/*"), when=_TAGGED, tagging=True) for action in actions)


_METHOD = "restapis/{RestApiId}/resources/{ResourceId}/methods/{HttpMethod}"


def _integration_role(resource: Resource) -> list[str]:
    """A role that the integration is called with; `arn:aws:iam::*:user/*` means the caller's own."""
    role = (resource.properties.get("Integration") or {}).get("Credentials")
    return [str(role)] if role else []


_PUT_METHOD = (
    Call("apigateway:PUT", _at(_METHOD)),
    Call("apigateway:PUT", _at(f"{_METHOD}/integration"), when=("Integration",)),
    Call(
        "iam:PassRole",
        _integration_role,
        when=("Integration",),
        context=lambda _: {"iam:PassedToService": "apigateway.amazonaws.com"},
    ),
)
_ACCOUNT = (Call("apigateway:PATCH", _at("account")), passed("CloudWatchRoleArn", "apigateway.amazonaws.com"))


def _function(resource: Resource) -> str:
    return resource.own("lambda", f"function:{resource.name('FunctionName')}")


def _function_named(resource: Resource) -> str:
    """The function that the property names, by name or ARN."""
    given = resource.text("FunctionName")
    return given if given.startswith("arn:") else resource.own("lambda", f"function:{given}")


def _code(resource: Resource) -> list[str]:
    code = resource.properties.get("Code") or {}
    return [f"arn:aws:s3:::{code['S3Bucket']}/{code.get('S3Key')}"] if code.get("S3Bucket") else []


def _principal(resource: Resource) -> dict[str, Any]:
    return {"lambda:Principal": resource.text("Principal")}


def _queue(resource: Resource) -> str:
    name = resource.physical_id.rpartition("/")[2] or resource.name("QueueName")
    return resource.own("sqs", name)


def _queues(resource: Resource) -> list[str]:
    return [resource.own("sqs", str(one).rpartition("/")[2]) for one in resource.properties.get("Queues") or []]


def _project(resource: Resource) -> str:
    return resource.own("codebuild", f"project/{resource.name('Name')}")


def _rule(resource: Resource) -> str:
    return resource.own("events", f"rule/{resource.name('Name')}")


@dataclass(frozen=True)
class _Rule:
    """A rule, and the roles of its targets, which are passed to EventBridge."""

    def needed(self, operation: str, resource: Resource) -> Iterator[Permission]:
        put = (
            Call("events:PutRule", _rule, tagging=True),
            Call("events:TagResource", _rule, when=_TAGGED, tagging=True),
        )
        targets = Call("events:PutTargets", _rule, when=("Targets",))
        calls = {
            "create": (*put, targets),
            "update": (*put, targets, Call("events:RemoveTargets", _rule, when=("Targets",))),
            "delete": (Call("events:RemoveTargets", _rule, when=("Targets",)), Call("events:DeleteRule", _rule)),
        }[operation]
        for call in calls:
            yield from call.needed(resource, updating=operation == "update")
        for target in resource.properties.get("Targets") or [] if operation != "delete" else []:
            if target.get("RoleArn"):
                yield "iam:PassRole", str(target["RoleArn"]), {"iam:PassedToService": "events.amazonaws.com"}


_QUEUE_POLICY = (Call("sqs:SetQueueAttributes", _queues),)
_PROJECT_ROLE = passed("ServiceRole", "codebuild.amazonaws.com")

TYPES: Table = {
    "AWS::ApiGateway::RestApi": Handlers(
        (
            Call("apigateway:POST", _at("restapis"), tagging=True),
            *_tags("apigateway:PUT"),
            Call("apigateway:UpdateRestApiPolicy", _at("restapis/*"), when=("Policy",)),
        ),
        (
            Call("apigateway:PATCH", _at("restapis/{own}")),
            Call("apigateway:UpdateRestApiPolicy", _at("restapis/{own}"), when=("Policy",)),
            *_tags("apigateway:PUT", "apigateway:DELETE"),
        ),
        (Call("apigateway:DELETE", _at("restapis/{own}")),),
    ),
    "AWS::ApiGateway::Resource": _part("resources/{ParentId}", "resources/{own}"),
    "AWS::ApiGateway::Method": Handlers(_PUT_METHOD, _PUT_METHOD, (Call("apigateway:DELETE", _at(_METHOD)),)),
    "AWS::ApiGateway::Deployment": _part("deployments", "deployments/{own}"),
    "AWS::ApiGateway::Stage": Handlers(
        (
            Call("apigateway:POST", _at("restapis/{RestApiId}/stages"), tagging=True),
            Call("apigateway:PATCH", _at("restapis/{RestApiId}/stages/{StageName}")),
            *_tags("apigateway:PUT"),
        ),
        (
            Call("apigateway:PATCH", _at("restapis/{RestApiId}/stages/{StageName}")),
            *_tags("apigateway:PUT", "apigateway:DELETE"),
        ),
        (Call("apigateway:DELETE", _at("restapis/{RestApiId}/stages/{StageName}")),),
    ),
    "AWS::ApiGateway::RequestValidator": _part("requestvalidators", "requestvalidators/{own}"),
    "AWS::ApiGateway::Account": Handlers(_ACCOUNT, _ACCOUNT, ()),
    "AWS::ApiGateway::UsagePlan": Handlers(
        (Call("apigateway:POST", _at("usageplans"), tagging=True), *_tags("apigateway:PUT")),
        (Call("apigateway:PATCH", _at("usageplans/{own}")), *_tags("apigateway:PUT", "apigateway:DELETE")),
        (Call("apigateway:DELETE", _at("usageplans/{own}")),),
    ),
    "AWS::Lambda::Function": Handlers(
        (
            Call("lambda:CreateFunction", _function, tagging=True),
            Call("lambda:TagResource", _function, when=_TAGGED, tagging=True),
            passed("Role", "lambda.amazonaws.com"),
            Call("s3:GetObject", _code, when=("Code",)),
            Call("lambda:PutFunctionConcurrency", _function, when=("ReservedConcurrentExecutions",)),
        ),
        (
            Call("lambda:UpdateFunctionConfiguration", _function),
            Call("lambda:UpdateFunctionCode", _function, when=("Code",)),
            Call("s3:GetObject", _code, when=("Code",)),
            passed("Role", "lambda.amazonaws.com"),
            Call("lambda:PutFunctionConcurrency", _function, when=("ReservedConcurrentExecutions",)),
            Call("lambda:TagResource lambda:UntagResource", _function, when=_TAGGED, tagging=True),
        ),
        (Call("lambda:DeleteFunction", _function),),
    ),
    "AWS::Lambda::Permission": Handlers(
        (Call("lambda:AddPermission", _function_named, context=_principal),),
        (),
        (Call("lambda:RemovePermission", _function_named, context=_principal),),
    ),
    "AWS::Lambda::EventInvokeConfig": Handlers(
        (Call("lambda:PutFunctionEventInvokeConfig", _function_named),),
        (Call("lambda:UpdateFunctionEventInvokeConfig", _function_named),),
        (Call("lambda:DeleteFunctionEventInvokeConfig", _function_named),),
    ),
    "AWS::SQS::Queue": Handlers(
        (Call("sqs:CreateQueue", _queue, tagging=True), Call("sqs:TagQueue", _queue, when=_TAGGED, tagging=True)),
        (
            Call("sqs:SetQueueAttributes", _queue),
            Call("sqs:TagQueue sqs:UntagQueue", _queue, when=_TAGGED, tagging=True),
        ),
        (Call("sqs:DeleteQueue", _queue),),
    ),
    "AWS::SQS::QueuePolicy": Handlers(_QUEUE_POLICY, _QUEUE_POLICY, _QUEUE_POLICY),
    "AWS::CodeBuild::Project": Handlers(
        (Call("codebuild:CreateProject", _project, tagging=True), _PROJECT_ROLE),
        (Call("codebuild:UpdateProject", _project, tagging=True), _PROJECT_ROLE),
        (Call("codebuild:DeleteProject", _project),),
    ),
    "AWS::Events::Rule": _Rule(),
}
