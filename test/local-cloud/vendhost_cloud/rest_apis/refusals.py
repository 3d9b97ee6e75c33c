"""What API Gateway refuses of REST APIs in templates.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html and its siblings; the account's role for logs:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

import re
from typing import Any

from ministack.services import apigateway_v1, iam
from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.guard import guard
from vendhost_cloud.cloudformation.resource_type import Properties, truth
from vendhost_cloud.roles import Role
from vendhost_cloud.service_api import ServiceError

_LEAST_MS, _MOST_MS = 50, 29_000
_NO_LOGS_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"


def register() -> None:
    guard("AWS::ApiGateway::Account", _check_account)
    guard("AWS::ApiGateway::Resource", _check_resource)
    guard("AWS::ApiGateway::Method", _check_method, _set_validator)
    guard("AWS::ApiGateway::Deployment", _check_deployment)
    guard("AWS::ApiGateway::Stage", _check_stage, _set_access_log)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Deployment"]
    delete = handlers["delete"]

    def delete_deployment(physical_id: str, properties: Properties) -> Any:
        stages = apigateway_v1._stages_v1.get(properties.get("RestApiId", ""), {})
        if any(one.get("deploymentId") == physical_id for one in stages.values()):
            raise _bad("Active stages pointing to this deployment must be moved or deleted")
        return delete(physical_id, properties)

    handlers["delete"] = delete_deployment


def _check_account(given: Properties, _: Properties) -> None:
    role = str(given.get("CloudWatchRoleArn") or "")
    if not role:
        return
    known = role.rpartition("/")[2] in iam._roles
    if not known or not Role(role, "apigateway.amazonaws.com").assumable():
        raise _bad(
            "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway "
            "and add the required role policy."
        )


def _api(given: Properties) -> str:
    found = str(given.get("RestApiId") or "")
    if found not in apigateway_v1._rest_apis:
        raise ServiceError("ApiGateway", "NotFoundException", "Invalid API identifier specified", 404)
    return found


def _check_resource(given: Properties, before: Properties) -> None:
    part = str(given.get("PathPart") or "")
    if re.fullmatch(r"[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\}", part) is None:
        raise _bad(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            "beginning and the end."
        )
    siblings = apigateway_v1._resources.get(_api(given), {}).values()
    taken = any(one.get("parentId") == given.get("ParentId") and one.get("pathPart") == part for one in siblings)
    if taken and before.get("PathPart") != part:
        message = f"Another resource with the same parent already has this name: {part}"
        raise ServiceError("ApiGateway", "ConflictException", message, 409)


def _check_method(given: Properties, _: Properties) -> None:
    api = _api(given)
    if given.get("ResourceId") not in apigateway_v1._resources.get(api, {}):
        raise ServiceError("ApiGateway", "NotFoundException", "Invalid Resource identifier specified", 404)
    validator = given.get("RequestValidatorId")
    if validator and validator not in apigateway_v1._request_validators.get(api, {}):
        raise _bad("Invalid Request Validator identifier specified")
    integration = given.get("Integration") or {}
    kind = integration.get("Type")
    if kind in ("AWS", "AWS_PROXY") and not integration.get("IntegrationHttpMethod"):
        raise _bad("Enumeration value for HttpMethod must be non-empty")
    is_lambda = kind in ("AWS", "AWS_PROXY") and ":lambda:path/" in str(integration.get("Uri"))
    if is_lambda and integration["IntegrationHttpMethod"] != "POST":
        raise _bad("a Lambda function is called with POST: API Gateway takes other methods, and then every call fails")
    limit = int(integration.get("TimeoutInMillis", _MOST_MS))
    if not _LEAST_MS <= limit <= _MOST_MS:
        raise _bad(f"Timeout should be between {_LEAST_MS} ms and {_MOST_MS} ms")


def _set_validator(_: str, given: Properties) -> None:
    """ministack's handler leaves the validator out."""
    resource = apigateway_v1._resources[given["RestApiId"]][given["ResourceId"]]
    resource["resourceMethods"][given.get("HttpMethod", "ANY")]["requestValidatorId"] = given.get("RequestValidatorId")


def _set_access_log(name: str, given: Properties) -> None:
    stored = {key[0].lower() + key[1:]: value for key, value in (given.get("AccessLogSetting") or {}).items()}
    apigateway_v1._stages_v1[given["RestApiId"]][name]["accessLogSettings"] = stored


def _check_deployment(given: Properties, before: Properties) -> None:
    methods = [
        method
        for one in apigateway_v1._resources.get(_api(given), {}).values()
        for method in (one.get("resourceMethods") or {}).values()
    ]
    if before:
        return
    if not methods:
        raise _bad("The REST API doesn't contain any methods")
    if not all(one.get("methodIntegration") for one in methods):
        raise _bad("No integration defined for method")


def _check_stage(given: Properties, before: Properties) -> None:
    api, name = _api(given), str(given.get("StageName") or "")
    if re.fullmatch(r"[a-zA-Z0-9_-]+", name) is None:
        raise _bad("Stage name only allows a-zA-Z0-9_-")
    if given.get("DeploymentId") not in apigateway_v1._deployments_v1.get(api, {}):
        raise _bad("Deployment id does not exist")
    if before.get("StageName") != name and name in apigateway_v1._stages_v1.get(api, {}):
        raise ServiceError("ApiGateway", "ConflictException", "Stage already exists", 409)
    for one in given.get("MethodSettings") or []:
        for member in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
            if float(one.get(member, 0)) < 0:
                raise _bad(f"Invalid {member}: {one[member]}")
    if _logs(given) and not (apigateway_v1._account_settings.get("settings") or {}).get("cloudwatchRoleArn"):
        raise _bad(_NO_LOGS_ROLE)


def _logs(given: Properties) -> bool:
    settings = given.get("MethodSettings") or []
    levels = any(one.get("LoggingLevel", "OFF") != "OFF" or truth(one.get("DataTraceEnabled")) for one in settings)
    return levels or bool(given.get("AccessLogSetting"))


def _bad(message: str) -> ServiceError:
    return ServiceError("ApiGateway", "BadRequestException", message, 400)
