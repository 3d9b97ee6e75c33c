"""STS AssumeRoleWithWebIdentity that checks the token, whether IAM is enforced or not.

What AWS does, in its order: the token is a JWT of an IAM OIDC provider of the role's account, signed by a key of
the issuer, valid now, for one of the provider's client ids; then the role's trust policy decides.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

Keys come from the file named by VENDHOST_OIDC_JWKS; without it from ISSUER/oauth/discovery/keys (GitLab's address
for them), of loopback issuers only. Of a token of a GitLab server, AWS knows the condition keys ISSUER:aud,
ISSUER:sub and ISSUER:amr, no others (`project_path` and the like never match), and so do we.
"""

import asyncio
import json
import os
import urllib.request
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from ministack import app
from ministack.services import iam, sts

from vendhost_cloud.errors import AwsError

Parameters = dict[str, list[str]]
Response = tuple[int, dict[str, str], bytes]

_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
_NOT_A_TOKEN = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


def register() -> None:
    others = app.SERVICE_HANDLERS["sts"]

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Parameters) -> Response:
        parameters = {**query, **parse_qs(body.decode(errors="replace"))}
        answer: Response
        if _first(parameters, "Action") != "AssumeRoleWithWebIdentity":
            answer = await others(method, path, headers, body, query)
            return answer
        return await _assume(parameters, lambda: others(method, path, headers, body, query))

    app.SERVICE_HANDLERS["sts"] = handle


async def _assume(parameters: Parameters, issue_credentials: Callable[[], Awaitable[Response]]) -> Response:
    try:
        provider_arn, claims = await _verified(parameters)
        denied: Response | None = sts._web_identity_trust_denied(_first(parameters, "RoleArn"), parameters, False)
        if denied is not None:
            return denied
        _assert_duration(parameters)
    except AwsError as error:
        refusal: Response = iam._error(error.status, error.code, error.message, ns="sts")
        return refusal
    status, headers, answer = await issue_credentials()
    audience = claims["aud"] if isinstance(claims["aud"], str) else claims["aud"][0]
    return status, headers, _with_identity(answer, claims["sub"], audience, provider_arn)


async def _verified(parameters: Parameters) -> tuple[str, dict[str, Any]]:
    """ARN of the token's identity provider, and the token's claims."""
    for required in ("RoleArn", "RoleSessionName", "WebIdentityToken"):
        if not _first(parameters, required):
            raise AwsError("ValidationError", f"1 validation error detected: {required} must not be null")
    account = _account(_first(parameters, "RoleArn"))
    token = _first(parameters, "WebIdentityToken")
    issuer = _issuer(token)
    provider_arn = f"arn:aws:iam::{account}:oidc-provider/{_host_and_path(issuer)}"
    provider = iam._oidc_providers.get_scoped(account, None, provider_arn)
    if provider is None:
        raise AwsError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")
    key = _signing_key(token, await asyncio.to_thread(_key_set, issuer))
    return provider_arn, _claims(token, key, provider["ClientIDList"])


def _account(role_arn: str) -> str:
    parts = role_arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise AwsError("ValidationError", f"Invalid RoleArn: {role_arn}")
    return parts[4]


def _issuer(token: str) -> str:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise AwsError("InvalidIdentityToken", _NOT_A_TOKEN) from error
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not urlsplit(issuer).hostname:
        raise AwsError("InvalidIdentityToken", "Missing a required claim: iss")
    return issuer


def _host_and_path(issuer: str) -> str:
    return issuer.partition("://")[2].rstrip("/")


def _key_set(issuer: str) -> dict[str, Any]:
    file = os.environ.get("VENDHOST_OIDC_JWKS")
    if file:
        keys: dict[str, Any] = json.loads(Path(file).read_text())
        return keys
    address = urlsplit(issuer)
    loopback = (address.hostname or "").startswith("127.") or address.hostname in ("localhost", "::1")
    if address.scheme not in ("http", "https") or not loopback:
        raise AwsError("IDPCommunicationError", f"the local cloud reaches loopback issuers only, not {issuer}")
    url = f"{issuer.rstrip('/')}/oauth/discovery/keys"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            fetched: dict[str, Any] = json.load(answer)
            return fetched
    except (OSError, ValueError) as error:
        raise AwsError("IDPCommunicationError", f"cannot read {url}: {error}") from error


def _signing_key(token: str, key_set: dict[str, Any]) -> jwt.PyJWK:
    wanted = jwt.get_unverified_header(token).get("kid")
    for key in jwt.PyJWKSet.from_dict(key_set).keys:
        if key.key_id == wanted:
            return key
    message = "Couldn't retrieve verification key from your identity provider, please reference"
    raise AwsError("InvalidIdentityToken", f"{message} AssumeRoleWithWebIdentity documentation for requirements")


def _claims(token: str, key: jwt.PyJWK, client_ids: list[str]) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            audience=client_ids,
            options={"require": ["sub", "aud", "iss", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError as error:
        expired = jwt.decode(token, options={"verify_signature": False})["exp"]
        now, end = (datetime.fromtimestamp(at, UTC).isoformat() for at in (_now(), expired))
        message = f"Token expired: current date/time {now} must be before the expiration date/time {end}"
        raise AwsError("ExpiredTokenException", message) from error
    except jwt.InvalidAudienceError as error:
        raise AwsError("InvalidIdentityToken", "Incorrect token audience") from error
    except jwt.MissingRequiredClaimError as error:
        raise AwsError("InvalidIdentityToken", f"Missing a required claim: {error.claim}") from error
    except jwt.ImmatureSignatureError as error:
        raise AwsError("InvalidIdentityToken", f"Token is not yet valid: {error}") from error
    except jwt.InvalidTokenError as error:
        raise AwsError("InvalidIdentityToken", f"Invalid token signature or content: {error}") from error
    return claims


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _assert_duration(parameters: Parameters) -> None:
    """A session lasts as long as its role allows: an hour, unless the role says more."""
    role_arn = _first(parameters, "RoleArn")
    role = iam._roles.get_scoped(_account(role_arn), None, role_arn.rpartition("/")[2])
    longest = int(role.get("MaxSessionDuration") or 3600)
    wanted = int(_first(parameters, "DurationSeconds") or 3600)
    if wanted > longest:
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", message)
    if wanted < 900:
        raise AwsError("ValidationError", f"Value '{wanted}' at 'durationSeconds' must be at least 900")


def _with_identity(answer: bytes, subject: str, audience: str, provider_arn: str) -> bytes:
    """ministack answers with a fixed subject and audience: replace them by the token's."""
    text = answer.decode()
    for element, value in (
        ("SubjectFromWebIdentityToken", subject),
        ("Audience", audience),
        ("Provider", provider_arn),
    ):
        before, opening, rest = text.partition(f"<{element}>")
        if opening:
            text = f"{before}{opening}{_escaped(value)}</{element}>{rest.partition(f'</{element}>')[2]}"
    return text.encode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _first(parameters: Parameters, name: str) -> str:
    return (parameters.get(name) or [""])[0]
