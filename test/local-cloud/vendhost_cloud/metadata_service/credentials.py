"""Credentials of an instance's role: a session of STS, whose every call is authorized as that role's.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
"""

import secrets
import string
import threading
import time
from datetime import UTC, datetime

from ministack.services import iam, sts

from vendhost_cloud.ec2.store import scope
from vendhost_cloud.roles import Role

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
    account, _ = scope()
    end = time.time() + _SECONDS
    key = "ASIA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))
    secret, token = secrets.token_urlsafe(30), secrets.token_urlsafe(96)
    role_id = (iam._roles.get(role.name) or {}).get("RoleId", "")
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role.name}/{instance_id}",
            "UserId": f"{role_id}:{instance_id}",
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": end,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return end, {
        "Code": "Success",
        "LastUpdated": _time(time.time()),
        "Type": "AWS-HMAC",
        "AccessKeyId": key,
        "SecretAccessKey": secret,
        "Token": token,
        "Expiration": _time(end),
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
