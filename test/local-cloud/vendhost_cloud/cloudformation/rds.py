"""AWS::RDS::OptionGroup; deletion protection, storage and the maintenance window of AWS::RDS::DBInstance."""

from typing import Any

from ministack.services import rds as store
from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType, truth
from vendhost_cloud.service_api import call, call_unless_gone

DEFERRED = ("AllocatedStorage", "BackupRetentionPeriod", "DBInstanceClass", "EngineVersion", "MultiAZ")
"""What waits for the maintenance window when a change is not to be applied immediately."""


def register_operations() -> None:
    """A protected database is not deleted with its stack, and a retained one is not overwritten by the next."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::RDS::DBInstance"]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def update_as_rds_does(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        instance = store._instances.get(physical_id)
        if instance is None:
            return update(physical_id, old, new, *rest)
        _check_storage(instance, old, new)
        if truth(new.get("ApplyImmediately", True)):
            return update(physical_id, old, new, *rest)
        waiting = [name for name in DEFERRED if old.get(name) != new.get(name)]
        updated = update(physical_id, old, {**new, **{name: old.get(name) for name in waiting}}, *rest)
        pending = instance.setdefault("PendingModifiedValues", {})
        for name in waiting:
            pending[name] = int(new[name]) if name == "AllocatedStorage" else new[name]
        return updated

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

    handlers.update(create=create_unless_taken, update=update_as_rds_does, delete=delete_unless_protected)


def _check_storage(instance: dict[str, Any], old: Properties, new: Properties) -> None:
    """Storage grows only, by a tenth at least, and not while RDS works on the last change of it.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html
    """
    if str(old.get("AllocatedStorage")) == str(new.get("AllocatedStorage")):
        return
    present, wanted = int(instance["AllocatedStorage"]), int(new["AllocatedStorage"])
    if wanted != present and wanted * 10 < present * 11:
        kind = f"{instance['Engine']} and storage type {instance['StorageType']}"
        raise ValueError(f"Invalid storage size for engine name {kind}: {wanted} (InvalidParameterCombination)")
    if instance["DBInstanceStatus"] == "storage-optimization":
        raise ValueError(
            "You can't currently modify the storage of this DB instance because the previous storage change is being "
            "optimized. (InvalidDBInstanceState)"
        )


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
