"""RDS for MySQL with a real server behind it: AWS::RDS::DBInstance of the engines mysql and mariadb.

The endpoint is a loopback address of this cloud, reachable from its instances. Backups, standbys, storage and
monitoring are what ministack makes of them: records. Where MariaDB cannot be installed, the database is a record too.
"""

from dataclasses import replace
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id
from ministack.services import rds
from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import run_on_worker_thread
from vendhost_cloud.databases import certificate, deletion, managed_secret
from vendhost_cloud.databases.server import Server, Settings
from vendhost_cloud.databases.software import fetch_in_background, software
from vendhost_cloud.machines.addresses import free_address
from vendhost_cloud.state import cloud_directory

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]


_servers = AccountRegionScopedDict()
"""DB instance identifier -> its Server."""

_HONOURED = (
    "character_set_server",
    "log_output",
    "long_query_time",
    "max_connections",
    "require_secure_transport",
    "slow_query_log",
)
"""Parameters that mean the same to MySQL and MariaDB. The others of a group are stored only."""


def register() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::RDS::DBInstance"]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def create_instance(logical_id: str, properties: Properties, stack_name: str) -> Made:
        managed_secret.check(properties)
        name, attributes = create(logical_id, properties, stack_name)
        try:
            return name, {**attributes, **managed_secret.settle(name, properties), **_serve(name)}
        except Exception:
            managed_secret.remove(rds._instances.pop(name, {}))
            raise

    def update_instance(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Made:
        managed_secret.check(new)
        name, attributes = update(physical_id, old, new, *rest)
        return name, {**attributes, **managed_secret.settle(name, new), **_serve(name)}

    def delete_instance(physical_id: str, properties: Properties) -> None:
        record = rds._instances.get(physical_id) or {}
        delete(physical_id, properties)
        _end(physical_id, record)

    handlers.update(create=create_instance, update=update_instance, delete=delete_instance)
    _follow_parameter_groups()
    certificate.publish()
    managed_secret.register(_serve)
    deletion.register(_end)
    fetch_in_background()
    run_on_worker_thread("AWS::RDS::DBInstance")
    run_on_worker_thread("AWS::RDS::DBParameterGroup")


def _end(name: str, record: Properties) -> None:
    managed_secret.remove(record)
    server: Server | None = _servers.pop(name, None)
    if server is not None:
        server.remove()


def _follow_parameter_groups() -> None:
    """Apply a changed parameter group to the running servers that use it, always by a restart."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::RDS::DBParameterGroup"]
    update = handlers["update"]

    def update_group(physical_id: str, *resource: Any) -> Made:
        updated: Made = update(physical_id, *resource)
        for name in list(_servers):
            groups = rds._instances[name].get("DBParameterGroups") or []
            if any(group["DBParameterGroupName"] == updated[0] for group in groups):
                _serve(name)
        return updated

    handlers["update"] = update_group


def _serve(name: str) -> dict[str, str]:
    """Run the instance's server with its current settings; the attributes with its endpoint."""
    record = rds._instances[name]
    found = software() if record["Engine"] in ("mysql", "mariadb") else None
    if found is None:
        return {}
    running: Server | None = _servers.get(name)
    address = running.settings.address if running else free_address()
    settings = _settings(record, address)
    if running is not None and replace(running.settings, password=settings.password) == settings:
        running.change_password(settings.password)
    elif running is None or running.settings != settings:
        if running is not None:
            running.stop()
        server = Server(found, cloud_directory() / "databases" / f"{get_account_id()}-{name}", settings)
        server.start()
        _servers[name] = server
    record["Endpoint"]["Address"] = address
    return {"Endpoint.Address": address, "Endpoint.Port": str(settings.port)}


def _settings(record: Properties, address: str) -> Settings:
    return Settings(
        address=address,
        port=int(record["Endpoint"]["Port"]),
        username=str(record["MasterUsername"]),
        password=str(record["_MasterUserPassword"]),
        schema=str(record.get("DBName") or ""),
        parameters=_parameters(record),
    )


def _parameters(record: Properties) -> dict[str, str]:
    values: dict[str, str] = {}
    for membership in record.get("DBParameterGroups") or []:
        group = rds._param_groups.get(membership["DBParameterGroupName"]) or {}
        for name, parameter in (group.get("Parameters") or {}).items():
            value = parameter.get("ParameterValue") if isinstance(parameter, dict) else parameter
            if name in _HONOURED and value is not None:
                values[name] = str(value)
    return values
