"""Ref and GetAtt where ministack differs from AWS: a template that works here must work there."""

from collections.abc import Callable
from typing import Any

from ministack.services import iam, secretsmanager
from ministack.services.cloudformation import provisioners

Translation = Callable[[str], str]


def register() -> None:
    """Ref of an instance profile is its name, not its ARN; Ref of a secret is its ARN, not its name."""
    _translate("AWS::IAM::InstanceProfile", outward=_profile_name, inward=_profile_arn)
    _translate("AWS::SecretsManager::Secret", outward=_secret_arn, inward=_secret_name)
    _complete_target_group_names()


def _complete_target_group_names() -> None:
    """TargetGroupFullName is `targetgroup/NAME/ID`, as CloudWatch's dimension wants it."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::TargetGroup"]

    def with_full_name(handler: Callable[..., tuple[str, dict[str, str]]]) -> Callable[..., Any]:
        def handle(*resource: Any) -> tuple[str, dict[str, str]]:
            arn, attributes = handler(*resource)
            return arn, {**attributes, "TargetGroupFullName": arn.rpartition(":")[2]}

        return handle

    for operation in ("create", "update"):
        handlers[operation] = with_full_name(handlers[operation])


def _profile_name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _profile_arn(name: str) -> str:
    profile = iam._instance_profiles.get(name)
    return str(profile["Arn"]) if profile else name


def _secret_arn(name: str) -> str:
    return str(secretsmanager._secrets[name]["ARN"])


def _secret_name(arn: str) -> str:
    name, secret = secretsmanager._resolve(arn)
    return str(name) if secret else arn


def _translate(resource_type: str, outward: Translation, inward: Translation) -> None:
    """Let the type's handlers keep the ids they know, and the stack see AWS's."""
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def create_resource(*resource: Any) -> tuple[str, dict[str, str]]:
        physical_id, attributes = create(*resource)
        return outward(physical_id), attributes

    def update_resource(physical_id: str, *resource: Any) -> tuple[str, dict[str, str]]:
        updated, attributes = update(inward(physical_id), *resource)
        return outward(updated), attributes

    def delete_resource(physical_id: str, properties: dict[str, Any]) -> None:
        delete(inward(physical_id), properties)

    handlers.update(create=create_resource, update=update_resource, delete=delete_resource)
