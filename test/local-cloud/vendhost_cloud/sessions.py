"""Sessions of roles that services begin: their every call is authorized as the role's."""

import secrets
import string
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from ministack.core.responses import get_account_id
from ministack.services import iam, sts

from vendhost_cloud.roles import Role


@dataclass(frozen=True)
class Session:
    """Credentials, and when they end (seconds since 1970)."""

    key: str
    secret: str
    token: str
    end: float


def begin(role: Role, name: str, seconds: float) -> Session:
    """A session of this name in the current account."""
    account = get_account_id()
    key = "ASIA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))
    session = Session(key, secrets.token_urlsafe(30), secrets.token_urlsafe(96), time.time() + seconds)
    role_id = (iam._roles.get(role.name) or {}).get("RoleId", "")
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role.name}/{name}",
            "UserId": f"{role_id}:{name}",
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": session.end,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return session


def utc(seconds: float) -> str:
    """A time as documents with credentials have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
