"""The key behind a bucket or volume: S3 and EC2 use it on behalf of the caller, who needs permission."""

import re

from ministack.services import s3
from ministack.services.kms import _resolve_key

from vendhost_cloud.authorization.request import Context, Request, Requirement

_KEY_ID = re.compile(r"<KMSMasterKeyID>([^<]+)</KMSMasterKeyID>")
_KEY_ACTIONS = {
    "PutObject": "kms:GenerateDataKey",
    "GetObject": "kms:Decrypt",
    "GetObjectVersion": "kms:Decrypt",
}


def object_requirements(request: Request) -> list[Requirement]:
    """The request itself, and the bucket's key if objects are encrypted with one."""
    needed = [request.needs(request.arn)]
    bucket, _, key = request.arn.removeprefix("arn:aws:s3:::").partition("/")
    action = _KEY_ACTIONS.get(request.operation)
    found = _KEY_ID.search(str(s3._bucket_encryption.get(bucket) or ""))
    if action and key and found and request.headers.get("x-amz-server-side-encryption") != "AES256":
        needed.append(key_requirement(request, action, found[1], "s3"))
    return needed


def key_requirement(
    request: Request, action: str, key_id: str, service: str, context: Context | None = None
) -> Requirement:
    """Use of a key (id, alias or ARN) through another service."""
    record = _resolve_key(key_id)
    arn = str(record["Arn"]) if record else key_id
    via = {"kms:ViaService": f"{service}.{request.region}.amazonaws.com", "kms:CallerAccount": request.account}
    return Requirement(action, arn, "kms", {**via, **(context or {})})
