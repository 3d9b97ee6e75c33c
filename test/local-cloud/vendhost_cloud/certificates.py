"""ACM certificates: an imported one has the names and the expiry date that are in it.

ministack stores an imported certificate with a made-up domain name; whoever checks its names needs the real ones.
"""

from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from ministack.core.responses import error_response_json
from ministack.services import acm

Answer = Any


def register() -> None:
    known = acm._import_certificate

    def import_certificate(data: dict[str, Any]) -> Answer:
        pem = acm._decode_pem_field(data.get("Certificate"))
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
        except ValueError:
            return error_response_json("ValidationException", "The certificate field contains no valid PEM", 400)
        before = set(acm._certificates)
        answer = known(data)
        if answer[0] >= 300:
            return answer
        arn = data.get("CertificateArn") or (set(acm._certificates) - before).pop()
        acm._certificates[arn].update(_described(certificate))
        return answer

    acm._import_certificate = import_certificate


def _described(certificate: x509.Certificate) -> dict[str, Any]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = extension.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        names = []
    common = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    domain = (common or names or [""])[0]
    return {
        "DomainName": domain,
        "SubjectAlternativeNames": list(dict.fromkeys([*names, *common])),
        "NotBefore": certificate.not_valid_before_utc.isoformat(),
        "NotAfter": certificate.not_valid_after_utc.isoformat(),
    }
