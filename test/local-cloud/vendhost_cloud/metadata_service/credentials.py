"""Credentials of an instance's role: a session of STS, whose every call is authorized as that role's.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
"""

import threading
import time

from vendhost_cloud.roles import Role
from vendhost_cloud.sessions import begin, utc

_SECONDS = 6 * 3600
_RENEWED_SECONDS = 300
"""New ones are there at least so long before the old ones end."""

_issued: dict[tuple[str, str], tuple[float, dict[str, str]]] = {}
_lock = threading.Lock()


def credentials(instance_id: str, role: Role) -> dict[str, str]:
    """What `iam/security-credentials/ROLE` says; the same until it is time for new ones."""
    if not role.assumable():
        return {"Code": "AssumeRoleUnauthorizedAccess", "Message": f"EC2 cannot assume the role {role.name}."}
    with _lock:
        end, known = _issued.get((instance_id, role.arn), (0.0, {}))
        if end - _RENEWED_SECONDS > time.time():
            return known
        end, known = _issue(instance_id, role)
        _issued[instance_id, role.arn] = end, known
        return known


def _issue(instance_id: str, role: Role) -> tuple[float, dict[str, str]]:
    session = begin(role, instance_id, _SECONDS)
    return session.end, {
        "Code": "Success",
        "LastUpdated": utc(time.time()),
        "Type": "AWS-HMAC",
        "AccessKeyId": session.key,
        "SecretAccessKey": session.secret,
        "Token": session.token,
        "Expiration": utc(session.end),
    }
