"""What a request about an object needs besides its own permission, and the key behind a bucket or volume.

S3 and EC2 use the key on behalf of the caller, who needs permission.
"""

import re

from ministack.services import s3
from ministack.services.kms import _resolve_key

from vendhost_cloud.authorization.request import Context, Request, Requirement

_KEY_ID = re.compile(r"<KMSMasterKeyID>([^<]+)</KMSMasterKeyID>")
_READS = ("GetObject", "GetObjectTagging", "GetObjectAttributes")
_KEY_ACTIONS = {
    "PutObject": "kms:GenerateDataKey",
    "GetObject": "kms:Decrypt",
    "GetObjectVersion": "kms:Decrypt",
}


def object_requirements(request: Request) -> list[Requirement]:
    """The request itself, what its headers ask for, and the bucket's key if objects are encrypted with one."""
    bucket, _, key = request.arn.removeprefix("arn:aws:s3:::").partition("/")
    needed = [request.needs(request.arn, _write_keys(request))]
    if key:
        needed += _for_headers(request)
    if key and request.operation in _READS and key not in s3._buckets.get(bucket, {}).get("objects", {}):
        # Whether a key is absent is for those to know who may list: others get 403 instead of 404
        # (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions").
        needed.append(Requirement("s3:ListBucket", f"arn:aws:s3:::{bucket}", "s3"))
    action = _KEY_ACTIONS.get(request.operation)
    found = _KEY_ID.search(str(s3._bucket_encryption.get(bucket) or ""))
    if action and key and found and request.headers.get("x-amz-server-side-encryption") != "AES256":
        needed.append(key_requirement(request, action, found[1], "s3"))
    return needed


def _write_keys(request: Request) -> Context:
    """The header that a policy may ask of a write.

    Parts of an upload carry none: the request that completes it does
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html).
    """
    names = ("if-match", "if-none-match") if request.operation == "PutObject" else ()
    return {f"s3:{name}": request.headers[name] for name in names if request.headers.get(name)}


def _for_headers(request: Request) -> list[Requirement]:
    """A write on a condition of the ETag reads the object; tags need a permission of their own.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html and conditional-deletes.html,
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    needed = []
    if request.operation in ("PutObject", "DeleteObject") and request.headers.get("if-match"):
        needed.append(Requirement("s3:GetObject", request.arn, "s3"))
    if request.operation == "PutObject" and request.headers.get("x-amz-tagging"):
        needed.append(Requirement("s3:PutObjectTagging", request.arn, "s3"))
    return needed


def key_requirement(
    request: Request, action: str, key_id: str, service: str, context: Context | None = None
) -> Requirement:
    """Use of a key (id, alias or ARN) through another service."""
    record = _resolve_key(key_id)
    arn = str(record["Arn"]) if record else key_id
    via = {"kms:ViaService": f"{service}.{request.region}.amazonaws.com", "kms:CallerAccount": request.account}
    return Requirement(action, arn, "kms", {**via, **(context or {})})
