"""Names that exist: a resource is created, never taken over from whoever made it.

A create handler fails with AlreadyExists when the resource is there, whether a stack made it or not
(https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/contract-tests.html, contract_create_create).
"""

from collections.abc import Callable, Iterable

from ministack.services import cloudwatch, cloudwatch_logs, ec2, lambda_svc, rds, secretsmanager, sns, sqs
from ministack.services.cloudformation import provisioners

from vendhost_cloud.builds import store
from vendhost_cloud.cloudformation.resource_type import Properties


def register() -> None:
    for resource_type, (name_property, names) in NAMED.items():
        handlers = provisioners._RESOURCE_HANDLERS[resource_type]
        handlers["create"] = _unless_taken(resource_type, name_property, names, handlers["create"])
    for resource_type, (used_by, name_property) in _USED.items():
        handlers = provisioners._RESOURCE_HANDLERS[resource_type]
        handlers["delete"] = _unless_used(used_by, name_property, handlers["delete"])


_Created = tuple[str, dict[str, str]]
_Create = Callable[[str, Properties, str], _Created]
_Delete = Callable[[str, Properties], None]


def _unless_taken(
    resource_type: str, name_property: str, names: Callable[[], Iterable[str]], create: _Create
) -> _Create:
    def create_unless_taken(logical_id: str, properties: Properties, stack_name: str) -> _Created:
        name = properties.get(name_property)
        if name and name in names():
            identifier = f'{{"/properties/{name_property}":"{name}"}}'
            raise ValueError(
                f"Resource of type '{resource_type}' with identifier '{identifier}' already exists. "
                "(HandlerErrorCode: AlreadyExists)"
            )
        return create(logical_id, properties, stack_name)

    return create_unless_taken


def _unless_used(fault: str, name_property: str, delete: _Delete) -> _Delete:
    """RDS keeps a group that a database uses (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Operations.html)."""

    def delete_unless_used(physical_id: str, properties: Properties) -> None:
        users = [name for name, one in rds._instances.items() if physical_id in _group_names(one, name_property)]
        if users:
            raise ValueError(f"{physical_id} is in use by the DB instance {users[0]} ({fault})")
        delete(physical_id, properties)

    return delete_unless_used


def _group_names(instance: Properties, name_property: str) -> list[str]:
    if name_property == "DBSubnetGroupName":
        return [(instance.get("DBSubnetGroup") or {}).get(name_property, "")]
    return [one.get(name_property, "") for one in instance.get("DBParameterGroups") or []]


NAMED: dict[str, tuple[str, Callable[[], Iterable[str]]]] = {
    "AWS::CloudWatch::Alarm": ("AlarmName", lambda: cloudwatch._alarms),
    "AWS::CodeBuild::Project": ("Name", lambda: store.projects),
    "AWS::EC2::LaunchTemplate": (
        "LaunchTemplateName",
        lambda: [one["LaunchTemplateName"] for one in ec2._launch_templates.values()],
    ),
    "AWS::Lambda::Function": ("FunctionName", lambda: lambda_svc._functions),
    "AWS::Logs::LogGroup": ("LogGroupName", lambda: cloudwatch_logs._log_groups),
    "AWS::RDS::DBParameterGroup": ("DBParameterGroupName", lambda: rds._param_groups),
    "AWS::RDS::DBSubnetGroup": ("DBSubnetGroupName", lambda: rds._subnet_groups),
    "AWS::SNS::Topic": ("TopicName", lambda: [one["name"] for one in sns._topics.values()]),
    "AWS::SQS::Queue": ("QueueName", lambda: [url.rpartition("/")[2] for url in sqs._queues]),
    "AWS::SecretsManager::Secret": ("Name", lambda: secretsmanager._secrets),
}
"""Resource type -> the property with its name, and the names that exist in the account and region."""

_USED = {
    "AWS::RDS::DBParameterGroup": ("InvalidDBParameterGroupState", "DBParameterGroupName"),
    "AWS::RDS::DBSubnetGroup": ("InvalidDBSubnetGroupStateFault", "DBSubnetGroupName"),
}
