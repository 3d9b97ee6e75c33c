"""Readers of an intake's types: REST APIs, functions and queues.

Projects of CodeBuild have none: CloudFormation's registry has no read handler for them, so AWS does not check them
either.
"""

import json

from vendhost_cloud.drift.reader import Properties, Reader, like, only
from vendhost_cloud.service_api import call


def _api(physical_id: str, _: Properties) -> Properties:
    found = call("apigateway", "GetRestApi", {"restApiId": physical_id})
    kinds = (found.get("endpointConfiguration") or {}).get("types")
    endpoint = {"EndpointConfiguration": {"Types": kinds}} if kinds else {}
    return {"Name": found["name"], **_given(found, "description"), **endpoint, "Tags": found.get("tags") or {}}


def _resource(physical_id: str, properties: Properties) -> Properties:
    api = properties["RestApiId"]
    found = call("apigateway", "GetResource", {"restApiId": api, "resourceId": physical_id})
    return {"RestApiId": api, **_given(found, "parentId", "pathPart")}


def _method(_: str, properties: Properties) -> Properties:
    place = {
        "restApiId": properties["RestApiId"],
        "resourceId": properties["ResourceId"],
        "httpMethod": properties["HttpMethod"],
    }
    found = call("apigateway", "GetMethod", place)
    integration = found.get("methodIntegration") or {}
    shown = {
        **_given(integration, "type", "uri", "timeoutInMillis", "credentials", "passthroughBehavior"),
        **({"IntegrationHttpMethod": integration["httpMethod"]} if integration.get("httpMethod") else {}),
    }
    return {
        **only(properties, "RestApiId", "ResourceId"),
        **_given(found, "httpMethod", "authorizationType", "requestValidatorId"),
        "Integration": like(properties.get("Integration"), shown),
    }


def _stage(physical_id: str, properties: Properties) -> Properties:
    api = properties["RestApiId"]
    found = call("apigateway", "GetStage", {"restApiId": api, "stageName": physical_id})
    settings = [_setting(path, one) for path, one in (found.get("methodSettings") or {}).items()]
    return {
        "RestApiId": api,
        **_given(found, "stageName", "deploymentId", "description"),
        **({"MethodSettings": like(properties.get("MethodSettings"), settings)} if settings else {}),
        "Tags": found.get("tags") or {},
    }


def _setting(place: str, found: Properties) -> Properties:
    path, _, method = place.rpartition("/")
    return {"ResourcePath": "/*" if path == "*" else path, "HttpMethod": method, **_given(found, *found)}


def _validator(physical_id: str, properties: Properties) -> Properties:
    api = properties["RestApiId"]
    call("apigateway", "GetRequestValidator", {"restApiId": api, "requestValidatorId": physical_id})
    return {"RestApiId": api}


def _deployment(physical_id: str, properties: Properties) -> Properties:
    api = properties["RestApiId"]
    call("apigateway", "GetDeployment", {"restApiId": api, "deploymentId": physical_id})
    return {"RestApiId": api}


def _permission(physical_id: str, properties: Properties) -> Properties | None:
    policy = json.loads(call("lambda", "GetPolicy", {"FunctionName": properties["FunctionName"]})["Policy"])
    found = next((one for one in policy["Statement"] if one["Sid"] == physical_id), None)
    if found is None:
        return None
    principal = found["Principal"]
    condition = found.get("Condition") or {}
    source = (condition.get("ArnLike") or {}).get("AWS:SourceArn")
    return {
        "FunctionName": properties["FunctionName"],
        "Action": found["Action"],
        "Principal": principal.get("Service") or principal.get("AWS") if isinstance(principal, dict) else principal,
        **({"SourceArn": source} if source else {}),
    }


def _retries(_: str, properties: Properties) -> Properties:
    place = {"FunctionName": properties["FunctionName"], "Qualifier": properties["Qualifier"]}
    found = call("lambda", "GetFunctionEventInvokeConfig", place)
    return {**place, **only(found, "MaximumEventAgeInSeconds"), "MaximumRetryAttempts": found["MaximumRetryAttempts"]}


def _queue_policy(_: str, properties: Properties) -> Properties | None:
    queues = properties.get("Queues") or []
    found: Properties = {}
    for queue in queues:
        request = {"QueueUrl": queue, "AttributeNames": ["Policy"]}
        found = call("sqs", "GetQueueAttributes", request).get("Attributes") or {}
        if not found.get("Policy"):
            return None
    return {"Queues": queues, "PolicyDocument": json.loads(found["Policy"])}


def _given(found: Properties, *names: str) -> Properties:
    """Members of API Gateway's API, as templates spell them."""
    return {name[0].upper() + name[1:]: value for name, value in only(found, *names).items()}


_METHOD = ("RestApiId", "ResourceId", "HttpMethod", "AuthorizationType", "RequestValidatorId", "Integration")

READERS = {
    "AWS::ApiGateway::RestApi": Reader(_api, ("Name", "Description", "EndpointConfiguration")),
    "AWS::ApiGateway::Resource": Reader(_resource, ("RestApiId", "ParentId", "PathPart")),
    "AWS::ApiGateway::Method": Reader(_method, _METHOD),
    "AWS::ApiGateway::Deployment": Reader(_deployment, ("RestApiId",)),
    "AWS::ApiGateway::RequestValidator": Reader(_validator, ("RestApiId",)),
    "AWS::ApiGateway::Stage": Reader(
        _stage, ("RestApiId", "StageName", "DeploymentId", "Description", "MethodSettings")
    ),
    "AWS::Lambda::Permission": Reader(_permission, ("FunctionName", "Action", "Principal", "SourceArn")),
    "AWS::Lambda::EventInvokeConfig": Reader(
        _retries, ("FunctionName", "Qualifier", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")
    ),
    "AWS::SQS::QueuePolicy": Reader(_queue_policy, ("Queues", "PolicyDocument")),
}
