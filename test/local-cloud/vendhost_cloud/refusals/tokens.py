"""Client request tokens of CloudFormation: a request that is sent again is not done again.

The SDK sends a request again when the answer was lost. With the same token and parameters the first answer is given
again; the same token for something else is refused
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html, API_CreateChangeSet.html).
"""

from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, get_region

from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import encode_error
from vendhost_cloud.refusals.interception import Call, Response

_TOKENS = {
    "CreateChangeSet": "ClientToken",
    **dict.fromkeys(
        (
            "CancelUpdateStack",
            "ContinueUpdateRollback",
            "CreateStack",
            "DeleteStack",
            "ExecuteChangeSet",
            "RollbackStack",
            "UpdateStack",
        ),
        "ClientRequestToken",
    ),
}
_done: dict[tuple[str, ...], tuple[dict[str, str], Response]] = {}


def register() -> None:
    known = app.SERVICE_HANDLERS["cloudformation"]

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        call = Call(method, path, headers, body, query)
        kind = _TOKENS.get(call.operation, "")
        token = call.parameters.get(kind, "")
        if not token:
            response: Response = await known(method, path, headers, body, query)
            return response
        place = (get_account_id(), get_region(), call.parameters.get("StackName", ""), kind, token)
        if place in _done:
            return _again(call, *_done[place])
        answer: Response = await known(method, path, headers, body, query)
        if answer[0] < 300:
            _done[place] = (dict(call.parameters), answer)
        return answer

    app.SERVICE_HANDLERS["cloudformation"] = handle


def _again(call: Call, before: dict[str, str], answer: Response) -> Response:
    if call.parameters == before:
        return answer
    if call.operation == "CreateChangeSet":
        name = call.parameters.get("ChangeSetName", "")
        message = f"ChangeSet {name} cannot be created due to a mismatch with existing attribute ClientToken"
        error = AwsError("AlreadyExistsException", message)
    else:
        error = AwsError("TokenAlreadyExistsException", "A client request token already exists.")
    return error.status, {"Content-Type": "text/xml"}, encode_error("cloudformation", error)
