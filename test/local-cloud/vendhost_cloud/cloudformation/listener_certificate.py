"""AWS::ElasticLoadBalancingV2::ListenerCertificate, with the operations ministack lacks for it."""

from typing import Any

from ministack.services import alb as store

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers import certificates
from vendhost_cloud.service_api import call, call_unless_gone

_EXTRA = "ExtraCertificates"
"""Where a listener's record keeps the certificates after the default one."""


def _add(parameters: dict[str, Any]) -> Any:
    listener, error = _listener(parameters)
    if listener is None:
        return error
    extra = listener.setdefault(_EXTRA, [])
    arns = store._parse_certificate_arns(parameters)
    try:
        certificates.check("", arns)
    except AwsError as refused:
        return store._error(refused.code, refused.message)
    extra.extend(arn for arn in arns if arn not in extra)
    return store._xml(200, "AddListenerCertificates", _members([(arn, False) for arn in arns]))


def _remove(parameters: dict[str, Any]) -> Any:
    listener, error = _listener(parameters)
    if listener is None:
        return error
    arns = store._parse_certificate_arns(parameters)
    listener[_EXTRA] = [arn for arn in listener.get(_EXTRA, []) if arn not in arns]
    return store._xml(200, "RemoveListenerCertificates", "")


def _describe(parameters: dict[str, Any]) -> Any:
    listener, error = _listener(parameters)
    if listener is None:
        return error
    default = [(arn, True) for arn in listener.get("Certificates", [])]
    extra = [(arn, False) for arn in listener.get(_EXTRA, [])]
    return store._xml(200, "DescribeListenerCertificates", _members(default + extra))


def _listener(parameters: dict[str, Any]) -> tuple[dict[str, Any] | None, Any]:
    arn = store._p(parameters, "ListenerArn")
    listener = store._listeners.get(arn)
    return listener, store._error("ListenerNotFound", f"One or more listeners not found: {arn}")


def _members(certificates: list[tuple[str, bool]]) -> str:
    members = "".join(
        f"<member><CertificateArn>{arn}</CertificateArn><IsDefault>{str(default).lower()}</IsDefault></member>"
        for arn, default in certificates
    )
    return f"<Certificates>{members}</Certificates>"


def register_operations() -> None:
    store._ACTION_MAP["AddListenerCertificates"] = _add
    store._ACTION_MAP["RemoveListenerCertificates"] = _remove
    store._ACTION_MAP["DescribeListenerCertificates"] = _describe


def _create(resource: Resource) -> Created:
    call("elbv2", "AddListenerCertificates", _request(resource.properties))
    return _created(resource)


def _update(resource: Resource) -> Created:
    """Remove the certificates that are no longer in the template."""
    kept = resource.properties["Certificates"]
    dropped = [certificate for certificate in resource.previous["Certificates"] if certificate not in kept]
    if dropped:
        call("elbv2", "RemoveListenerCertificates", _request({**resource.previous, "Certificates": dropped}))
    call("elbv2", "AddListenerCertificates", _request(resource.properties))
    return _created(resource)


def _delete(_: str, properties: Properties) -> None:
    call_unless_gone("elbv2", "RemoveListenerCertificates", _request(properties))


def _request(properties: Properties) -> dict[str, Any]:
    return {"ListenerArn": properties["ListenerArn"], "Certificates": properties["Certificates"]}


def _created(resource: Resource) -> Created:
    """The id does not contain the certificates: they are updated in place."""
    listener = resource.properties["ListenerArn"].rpartition("/")[2]
    physical_id = resource.physical_id or f"{resource.stack_name}-{resource.logical_id}-{listener}"
    return Created(physical_id, {"Id": physical_id})


TYPES = {
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": ResourceType(
        _create, _update, _delete, replaces=("ListenerArn",)
    ),
}
