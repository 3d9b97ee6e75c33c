"""The event of a proxy integration, where ministack's differs from AWS's.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from typing import Any

from ministack.core.responses import get_region, new_uuid
from ministack.services import apigateway_v1

_CALLER = "127.0.0.1"
_IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)

Event = dict[str, Any]


def register() -> None:
    build = apigateway_v1._build_lambda_event_v1

    def build_event(api_id: str, stage_name: str, stage: Event, *rest: Any, **more: Any) -> Event:
        event: Event = build(api_id, stage_name, stage, *rest, **more)
        return _as_aws(event, api_id, str(stage.get("deploymentId") or ""))

    apigateway_v1._build_lambda_event_v1 = build_event


def _as_aws(event: Event, api_id: str, deployment: str) -> Event:
    host = f"{api_id}.execute-api.{get_region()}.amazonaws.com"
    sent = {_spelled(name): value for name, value in event["multiValueHeaders"].items() if name.lower() != "host"}
    forwarded = [", ".join([*sent.pop("X-Forwarded-For", []), _CALLER])]
    headers: dict[str, list[str]] = {
        **sent,
        "Host": [host],
        "X-Amzn-Trace-Id": [f"Root=1-{new_uuid()[:8]}-{new_uuid().replace('-', '')[:24]}"],
        "X-Forwarded-For": forwarded,
        "X-Forwarded-Port": ["443"],
        "X-Forwarded-Proto": ["https"],
    }
    context = event["requestContext"]
    identity = {
        **dict.fromkeys(_IDENTITY),
        **context["identity"],
        # ministack believes X-Forwarded-For; API Gateway names the peer.
        "sourceIp": _CALLER,
        "userAgent": context["identity"].get("userAgent") or None,
    }
    return {
        **{name: value for name, value in event.items() if name != "version"},
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "requestContext": {
            **context,
            "deploymentId": deployment,
            "domainName": host,
            "domainPrefix": api_id,
            "identity": identity,
        },
    }


def _spelled(name: str) -> str:
    """The server of the local cloud has lost how the caller spelled it; most write each word with a capital."""
    return "-".join(part.capitalize() for part in name.split("-"))
