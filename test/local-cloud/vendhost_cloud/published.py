"""Objects that AWS publishes to everyone, in buckets of its own, which a separate account has here.

A bucket is created on its first request.
"""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import s3

OWNER = "000000000099"
log = logging.getLogger("vendhost")


def publish(bucket: str, keys: str | tuple[str, ...], content: Callable[[], bytes]) -> None:
    """Have S3 serve an object to everyone, without credentials. `bucket`: a pattern; its group, if any, is a region."""
    all_keys = (keys,) if isinstance(keys, str) else keys
    pattern = re.compile(rf"^/({bucket})/")
    serve = s3.handle_request

    async def handle_request(method: str, path: str, *rest: Any, **options: Any) -> Any:
        found = pattern.match(path)
        if found:
            region = found[2] if pattern.groups > 1 else "us-east-1"
            _ensure(found[1], region, all_keys, content)
        return await serve(method, path, *rest, **options)

    s3.handle_request = handle_request


def _ensure(bucket: str, region: str, keys: tuple[str, ...], content: Callable[[], bytes]) -> None:
    with request_scope(OWNER, region):
        if bucket in s3._buckets:
            return
        s3._create_bucket(bucket, b"")
        s3._delete_public_access_block(bucket)
        policy = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
            },
        }
        s3._put_bucket_policy(bucket, json.dumps(policy).encode())
        for key in keys:
            s3._put_object(bucket, key, content(), {"content-type": "binary/octet-stream"})
            log.info("published %s/%s", bucket, key)
