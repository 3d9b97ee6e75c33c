"""AWS::RDS::OptionGroup, and the deletion protection of AWS::RDS::DBInstance."""

from ministack.services import rds as store
from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType, truth
from vendhost_cloud.service_api import call, call_unless_gone


def register_operations() -> None:
    """A protected database is not deleted with its stack, and a retained one is not overwritten by the next."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::RDS::DBInstance"]
    create, delete = handlers["create"], handlers["delete"]

    def create_unless_taken(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
        name = properties.get("DBInstanceIdentifier")
        if name in store._instances:
            raise ValueError(f"DB instance already exists: {name} (DBInstanceAlreadyExists)")
        created: tuple[str, dict[str, str]] = create(logical_id, properties, stack_name)
        return created

    def delete_unless_protected(physical_id: str, properties: Properties) -> None:
        if truth((store._instances.get(physical_id) or {}).get("DeletionProtection", False)):
            raise ValueError(f"Cannot delete protected DB Instance {physical_id}, please disable deletion protection")
        delete(physical_id, properties)

    handlers.update(create=create_unless_taken, delete=delete_unless_protected)


def _create(resource: Resource) -> Created:
    # RDS keeps these names in lower case.
    name = resource.name("OptionGroupName", 255).lower()
    described = resource.pick("EngineName", "MajorEngineVersion", "OptionGroupDescription", "Tags")
    request = {"OptionGroupName": name, **described, "MajorEngineVersion": str(described["MajorEngineVersion"])}
    call("rds", "CreateOptionGroup", request)
    return _set_options(name, resource)


def _update(resource: Resource) -> Created:
    arn = store._option_groups[resource.physical_id]["OptionGroupArn"]
    before, after = resource.previous.get("Tags") or [], resource.properties.get("Tags") or []
    gone = {tag["Key"] for tag in before} - {tag["Key"] for tag in after}
    if gone:
        call("rds", "RemoveTagsFromResource", {"ResourceName": arn, "TagKeys": sorted(gone)})
    if after:
        call("rds", "AddTagsToResource", {"ResourceName": arn, "Tags": after})
    return _set_options(resource.physical_id, resource)


def _set_options(name: str, resource: Resource) -> Created:
    """In ministack's store: it has no ModifyOptionGroup."""
    options = resource.properties.get("OptionConfigurations") or []
    store._option_groups[name]["Options"] = [
        {
            "OptionName": option["OptionName"],
            "Port": int(option["Port"]) if "Port" in option else None,
            "OptionVersion": option.get("OptionVersion", ""),
            "OptionSettings": option.get("OptionSettings", []),
        }
        for option in options
    ]
    return Created(name)


def _delete(physical_id: str, _: Properties) -> None:
    call_unless_gone("rds", "DeleteOptionGroup", {"OptionGroupName": physical_id})


TYPES = {
    "AWS::RDS::OptionGroup": ResourceType(
        _create,
        _update,
        _delete,
        replaces=("OptionGroupName", "OptionGroupDescription", "EngineName", "MajorEngineVersion"),
        custom_name="OptionGroupName",
        tags=True,
    ),
}
