"""Quotas of an account: what AWS says of them, and its refusals of the first thing too many.

Only quotas that a tenant or a platform reaches first are enforced: database instances, their parameter groups, Elastic
IPs (rules of listeners: `load_balancers.rules`). The values are AWS's for an account that asked for none.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import autoscaling, ec2, iam, rds
from ministack.services.cloudformation import handlers, provisioners

from vendhost_cloud.errors import AwsError
from vendhost_cloud.json_service import Document, JsonService
from vendhost_cloud.query_service import Body, Params, action, encode_error

Handler = Callable[[Params], Any]

_DATABASE_INSTANCES = 40
_PARAMETER_GROUPS = 50
_SUBNET_GROUPS = 50
_ADDRESSES = 5
_GROUPS = 500
_STACKS = 2000
_INSTANCE_PROFILES = 1000

_SERVICE_QUOTAS = {
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 640.0),
    ("vpc", "L-E79EC296"): ("VPC security groups per Region", 2500.0),
}
"""Service and code → name and AWS's value. New accounts have 5 vCPUs; those of the local cloud are older ones."""


def _own_parameter_groups() -> int:
    return sum(1 for name in rds._param_groups if not name.startswith("default."))


def _check_parameter_groups() -> None:
    if _own_parameter_groups() >= _PARAMETER_GROUPS:
        raise AwsError("DBParameterGroupQuotaExceeded", "Parameter group quota exceeded")


def _check_database_instances() -> None:
    if len(rds._instances) >= _DATABASE_INSTANCES:
        raise AwsError("InstanceQuotaExceeded", "Instance quota exceeded")


def _check_addresses() -> None:
    if len(ec2._addresses) >= _ADDRESSES:
        raise AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def _rds_attributes(_request: Body) -> Body:
    quotas = {
        "DBInstances": (len(rds._instances), _DATABASE_INSTANCES),
        "DBParameterGroups": (_own_parameter_groups(), _PARAMETER_GROUPS),
        "DBSubnetGroups": (len(rds._subnet_groups), _SUBNET_GROUPS),
    }
    return {
        "AccountQuotas": [
            {"AccountQuotaName": name, "Used": used, "Max": most} for name, (used, most) in quotas.items()
        ]
    }


def _scaling_limits(_request: Body) -> Body:
    return {
        "MaxNumberOfAutoScalingGroups": _GROUPS,
        "MaxNumberOfLaunchConfigurations": 200,
        "NumberOfAutoScalingGroups": len(autoscaling._asgs),
        "NumberOfLaunchConfigurations": 0,
    }


def _stack_limits(_request: Body) -> Body:
    return {"AccountLimits": [{"Name": "StackLimit", "Value": _STACKS}]}


def _ec2_attributes(request: Body) -> Body:
    wanted = request.get("AttributeNames") or ["vpc-max-elastic-ips"]
    values = {"vpc-max-elastic-ips": _ADDRESSES}
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": str(values[name])}]}
            for name in wanted
            if name in values
        ]
    }


def _with_instance_profiles(known: Handler) -> Handler:
    """ministack's summary of an account leaves them out."""

    def summary(params: Params) -> Any:
        status, headers, body = known(params)
        text = body.decode() if isinstance(body, bytes) else body
        numbers = {"InstanceProfiles": len(iam._instance_profiles), "InstanceProfilesQuota": _INSTANCE_PROFILES}
        entries = "".join(f"<entry><key>{key}</key><value>{value}</value></entry>" for key, value in numbers.items())
        return status, headers, text.replace("</SummaryMap>", f"{entries}</SummaryMap>").encode()

    return summary


def _limited(service: str, check: Callable[[], None], known: Handler) -> Handler:
    def create(params: Params) -> Any:
        try:
            check()
        except AwsError as error:
            return error.status, {"Content-Type": "text/xml"}, encode_error(service, error)
        return known(params)

    return create


def _limited_in_stacks(check: Callable[[], None], known: Callable[..., Any]) -> Callable[..., Any]:
    def create(*args: Any) -> Any:
        check()
        return known(*args)

    return create


def _quota(request: Document) -> Document:
    key = (request["ServiceCode"], request["QuotaCode"])
    if key not in _SERVICE_QUOTAS:
        raise AwsError("NoSuchResourceException", "The specified service or quota does not exist")
    name, value = _SERVICE_QUOTAS[key]
    return {"Quota": {"ServiceCode": key[0], "QuotaCode": key[1], "QuotaName": name, "Value": value}}


def _applied_quota(_request: Document) -> Document:
    """Nobody asked for another value: then AWS has no applied quota of these, only its own."""
    raise AwsError("NoSuchResourceException", "The specified quota was never applied to this account")


def register() -> None:
    """Add the actions that ministack lacks, and the refusals."""
    rds._ACTION_MAP["DescribeAccountAttributes"] = action("rds", "DescribeAccountAttributes", _rds_attributes)
    autoscaling._ACTION_MAP["DescribeAccountLimits"] = action("autoscaling", "DescribeAccountLimits", _scaling_limits)
    handlers._ACTION_HANDLERS["DescribeAccountLimits"] = action(
        "cloudformation", "DescribeAccountLimits", _stack_limits
    )
    ec2._ACTION_MAP["DescribeAccountAttributes"] = action("ec2", "DescribeAccountAttributes", _ec2_attributes)
    iam._IAM_HANDLERS["GetAccountSummary"] = _with_instance_profiles(iam._IAM_HANDLERS["GetAccountSummary"])
    for operation, check in (
        ("CreateDBInstance", _check_database_instances),
        ("CreateDBParameterGroup", _check_parameter_groups),
    ):
        rds._ACTION_MAP[operation] = _limited("rds", check, rds._ACTION_MAP[operation])
    ec2._ACTION_MAP["AllocateAddress"] = _limited("ec2", _check_addresses, ec2._ACTION_MAP["AllocateAddress"])
    for resource_type, check in (
        ("AWS::RDS::DBInstance", _check_database_instances),
        ("AWS::RDS::DBParameterGroup", _check_parameter_groups),
        ("AWS::EC2::EIP", _check_addresses),
    ):
        types = provisioners._RESOURCE_HANDLERS[resource_type]
        types["create"] = _limited_in_stacks(check, types["create"])
    JsonService(
        "service-quotas",
        "ServiceQuotasV20190624",
        {"GetServiceQuota": _applied_quota, "GetAWSDefaultServiceQuota": _quota},
        arn_of=lambda _operation, _request, _region, _account: "*",
        reset=lambda: None,
        signing_name="servicequotas",
    ).register()
