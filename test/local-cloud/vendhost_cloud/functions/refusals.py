"""What Lambda refuses of functions, permissions and destinations in templates.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and the quotas at
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import json
import re
from typing import Any

from ministack.services import iam, lambda_svc, s3

from vendhost_cloud.cloudformation.guard import guard
from vendhost_cloud.cloudformation.resource_type import Properties
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import service_model
from vendhost_cloud.roles import Role
from vendhost_cloud.service_api import ServiceError

_SERVICE = "lambda.amazonaws.com"
_CONCURRENCY, _UNRESERVED = 1000, 100
_ENVIRONMENT_BYTES = 4096
_INLINE_BYTES = 4 * 1024 * 1024
_RESERVED = frozenset(
    (
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    )
)
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html; all but those that a function may set."""
_SENDS = {"sqs": ("sqs:SendMessage", "SendMessage on SQS"), "sns": ("sns:Publish", "Publish on SNS")}


def register() -> None:
    guard("AWS::Lambda::Function", _check_function, _complete)
    guard("AWS::Lambda::Permission", _check_permission)
    guard("AWS::Lambda::EventInvokeConfig", _check_destinations)


def _complete(name: str, given: Properties) -> None:
    """What ministack's handlers leave out."""
    function = lambda_svc._functions[name]
    reserved = given.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
    for member, stored in (("DeadLetterConfig", "DeadLetterConfig"), ("KmsKeyArn", "KMSKeyArn")):
        if given.get(member):
            function["config"][stored] = given[member]
        else:
            function["config"].pop(stored, None)


def _check_function(given: Properties, _: Properties) -> None:
    _check_name(given)
    _check_numbers(given)
    _check_environment((given.get("Environment") or {}).get("Variables") or {})
    role = str(given.get("Role") or "")
    if role.rpartition("/")[2] not in iam._roles or not Role(role, _SERVICE).assumable():
        raise _invalid("The role defined for the function cannot be assumed by Lambda.")
    _check_code(given.get("Code") or {}, str(given["Handler"]))
    _check_sending(role, str((given.get("DeadLetterConfig") or {}).get("TargetArn") or ""))


def _check_name(given: Properties) -> None:
    name = str(given.get("FunctionName") or "")
    if name and re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name) is None:
        raise _unfit(
            name, "functionName", "satisfy regular expression pattern: [a-zA-Z0-9-_]+, with 64 characters at most"
        )
    runtimes = service_model("lambda").shape_for("Runtime").enum
    if given.get("PackageType", "Zip") != "Zip":
        raise _invalid("the local cloud runs functions of package type Zip only")
    for member in ("Runtime", "Handler"):
        if not given.get(member):
            raise _invalid(
                f"{member} and Handler are mandatory parameters for functions created with deployment packages."
            )
    if given["Runtime"] not in runtimes:
        raise _unfit(given["Runtime"], "runtime", f"satisfy enum value set: [{', '.join(runtimes)}]")


def _check_numbers(given: Properties) -> None:
    for member, name, least, most in (("Timeout", "timeout", 1, 900), ("MemorySize", "memorySize", 128, 10240)):
        value = int(given.get(member, least))
        if value < least:
            raise _unfit(value, name, f"have value greater than or equal to {least}")
        if value > most:
            raise _unfit(value, name, f"have value less than or equal to {most}")
    reserved = given.get("ReservedConcurrentExecutions")
    others = sum(
        int(one.get("concurrency") or 0)
        for name, one in lambda_svc._functions.items()
        if name != given.get("FunctionName")
    )
    if reserved is not None and int(reserved) + others > _CONCURRENCY - _UNRESERVED:
        raise _invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{_UNRESERVED}]."
        )


def _check_environment(variables: dict[str, Any]) -> None:
    cannot = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided"
    )
    reserved = sorted(_RESERVED & set(variables))
    if reserved:
        raise _invalid(
            f"{cannot} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    for name in variables:
        if re.fullmatch(r"[a-zA-Z]([a-zA-Z0-9_])+", name) is None:
            raise _unfit(name, "environment.variables", "satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+")
    text = json.dumps(variables, separators=(",", ":"))
    if len(text.encode()) > _ENVIRONMENT_BYTES:
        raise _invalid(f"{cannot} exceeded the 4KB limit. String measured: {text}")


def _check_code(code: Properties, handler: str) -> None:
    # CloudFormation writes inline code into a file called index.
    if code.get("ZipFile") and not handler.startswith("index."):
        raise _invalid(f"inline code is in the file index: the handler {handler} is in another one")
    if len(str(code.get("ZipFile") or "").encode()) > _INLINE_BYTES:
        raise _invalid("Code.ZipFile is longer than 4 MB")
    bucket, key = str(code.get("S3Bucket") or ""), str(code.get("S3Key") or "")
    if not bucket:
        return
    if bucket not in s3._buckets:
        why = "NoSuchBucket. S3 Error Message: The specified bucket does not exist"
    elif lambda_svc._fetch_code_from_s3(bucket, key, version_id=code.get("S3ObjectVersion")) is None:
        why = "NoSuchKey. S3 Error Message: The specified key does not exist."
    else:
        return
    raise _invalid(f"Error occurred while GetObject. S3 Error Code: {why}")


def _check_sending(role: str, target: str) -> None:
    """A role must be able to send to the function's dead-letter queue or destination when that is set."""
    service = target.split(":")[2] if target else ""
    if service not in _SENDS:
        return
    action, what = _SENDS[service]
    try:
        Role(role, _SERVICE).require(action, target)
    except AwsError as error:
        raise _invalid(f"The provided execution role does not have permissions to call {what}") from error


def _check_permission(given: Properties, _: Properties) -> None:
    _config_of(str(given.get("FunctionName") or ""))
    for member in ("Action", "Principal"):
        if not given.get(member):
            raise _invalid(f"{member} is required")


def _check_destinations(given: Properties, _: Properties) -> None:
    role = str(_config_of(str(given.get("FunctionName") or "")).get("Role") or "")
    for member, least, most in (("MaximumRetryAttempts", 0, 2), ("MaximumEventAgeInSeconds", 60, 21600)):
        value = int(given.get(member, least))
        if not least <= value <= most:
            raise _unfit(value, member[0].lower() + member[1:], f"have value between {least} and {most}")
    for one in (given.get("DestinationConfig") or {}).values():
        _check_sending(role, str((one or {}).get("Destination") or ""))


def _config_of(reference: str) -> Properties:
    name = lambda_svc._resolve_name(reference)
    found: Properties = (lambda_svc._functions.get(name) or {}).get("config") or {}
    if not found:
        message = f"Function not found: {lambda_svc._func_arn(name)}"
        raise ServiceError("Lambda", "ResourceNotFoundException", message, 404)
    return found


def _unfit(value: object, member: str, constraint: str) -> ServiceError:
    message = f"Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
    return ServiceError("Lambda", "ValidationException", f"1 validation error detected: {message}", 400)


def _invalid(message: str) -> ServiceError:
    return ServiceError("Lambda", "InvalidParameterValueException", message, 400)
