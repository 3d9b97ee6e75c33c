"""The agent's installer, where AWS publishes it: bucket `aws-codedeploy-<region>`, `latest/install`.

https://docs.aws.amazon.com/codedeploy/latest/userguide/codedeploy-agent-operations-install-linux.html
A bucket is created on its first request and belongs to a separate account.
"""

import json
import logging
import re
from pathlib import Path
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import s3

OWNER = "000000000099"
KEY = "latest/install"
BUCKET = re.compile(r"^/aws-codedeploy-([a-z]{2}(?:-[a-z]+)+-\d)/")
SCRIPT = Path(__file__).with_name("install.sh")
log = logging.getLogger("vendhost")


def publish() -> None:
    """Have S3 serve the installer to everyone, without credentials."""
    serve = s3.handle_request

    async def handle_request(method: str, path: str, *rest: Any, **options: Any) -> Any:
        found = BUCKET.match(path)
        if found:
            _ensure(found[0].strip("/"), found[1])
        return await serve(method, path, *rest, **options)

    s3.handle_request = handle_request


def _ensure(bucket: str, region: str) -> None:
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
        s3._put_object(bucket, KEY, SCRIPT.read_bytes(), {"content-type": "text/x-shellscript"})
        log.info("published %s/%s", bucket, KEY)
