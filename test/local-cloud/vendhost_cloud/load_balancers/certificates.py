"""A HTTPS listener needs a certificate that ACM of its account and region has."""

from collections.abc import Callable
from typing import Any

from ministack.services import acm, alb
from ministack.services.cloudformation import provisioners

from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers.interception import Answer, Known, around_resource, before
from vendhost_cloud.query_service import Params

_SECURE = ("HTTPS", "TLS")


def check(protocol: str, arns: list[str]) -> None:
    """Raise AwsError for a listener that AWS would reject because of its certificates."""
    if protocol in _SECURE and not arns:
        raise AwsError("ValidationError", f"A certificate must be specified for {protocol} listeners")
    for arn in arns:
        certificate = acm._get_local_certificate(arn)
        # A server certificate of IAM is not in ACM.
        if certificate is None and not arn.startswith("arn:aws:iam:"):
            raise AwsError("CertificateNotFound", f"Certificate '{arn}' not found")
        if certificate is not None and certificate["Status"] != "ISSUED":
            raise AwsError("UnsupportedCertificate", f"The certificate '{arn}' must have a status of ISSUED")


def _asked(*, creates: bool) -> Callable[[Params, Known], Answer]:
    def step(params: Params, known: Known) -> Answer:
        protocol = str(alb._p(params, "Protocol")) if creates else ""
        check(protocol, [str(arn) for arn in alb._parse_certificate_arns(params)])
        return known(params)

    return step


def _stack(known: Callable[..., Any], properties_at: int) -> Callable[..., Any]:
    def handle(*resource: Any) -> Any:
        properties: dict[str, Any] = resource[properties_at]
        given = properties.get("Certificates") or []
        try:
            check(str(properties.get("Protocol", "")), [str(one["CertificateArn"]) for one in given])
        except AwsError as error:
            raise provisioners._elbv2_handler_error(f"{error.message} ({error.code})") from None
        return known(*resource)

    return handle


def register() -> None:
    before("CreateListener", _asked(creates=True))
    before("ModifyListener", _asked(creates=False))
    listener = "AWS::ElasticLoadBalancingV2::Listener"
    # create(logical_id, properties, …), update(physical_id, previous, properties, …)
    around_resource(listener, "create", lambda known: _stack(known, 1))
    around_resource(listener, "update", lambda known: _stack(known, 2))
