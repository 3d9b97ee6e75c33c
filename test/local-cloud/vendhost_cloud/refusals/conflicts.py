"""409 ConditionalRequestConflict, on request: another write to the key was in progress.

S3 says it now and then to writers who race, and asks them to try again
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). Here requests never overlap. So a test
puts the object `.local-cloud/conflicts` with a number in it: so many of the bucket's next conditional writes and
deletes are answered so. The object itself is not stored.
"""

import threading

from ministack.core.responses import get_account_id

from vendhost_cloud.errors import AwsError
from vendhost_cloud.refusals.interception import Call, Response, before

_HOOK = ".local-cloud/conflicts"
_lock = threading.Lock()
_left: dict[tuple[str, str], int] = {}


def register() -> None:
    before("s3", _conflict)


def _conflict(call: Call) -> Response | None:
    bucket, _, key = call.path.lstrip("/").partition("/")
    place = (get_account_id(), bucket)
    if key == _HOOK and call.method == "PUT":
        with _lock:
            _left[place] = int(call.body)
        return 200, {"ETag": '"conflicts"'}, b""
    conditional = call.headers.get("if-match") or call.headers.get("if-none-match")
    with _lock:
        if not conditional or call.method not in ("PUT", "DELETE", "POST") or _left.get(place, 0) <= 0:
            return None
        _left[place] -= 1
    raise AwsError(
        "ConditionalRequestConflict",
        "The conditional request cannot succeed due to a conflicting operation against this resource.",
        409,
    )
