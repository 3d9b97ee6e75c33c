"""Which API a request is for, and what of it a stage serves.

An API is found by its id, whoever asks. A stage serves the resources as they were when its deployment was made: a
method that is changed later shows with the next deployment
(https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html).
"""

import copy
import json
from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway_v1

Document = dict[str, Any]

_deployment: ContextVar[str] = ContextVar("vendhost_deployment", default="")
"""The deployment of the stage that the present request is for."""


def register() -> None:
    create, delete = apigateway_v1._create_deployment, apigateway_v1._delete_deployment
    execute = apigateway_v1._execute_in_scope

    def create_deployment(api_id: str, data: Document) -> Any:
        answer = create(api_id, data)
        if answer[0] < 300:
            kept = copy.deepcopy(apigateway_v1._resources.get(api_id, {}))
            apigateway_v1._resources[_kept(api_id, json.loads(answer[2])["id"])] = kept
        return answer

    def delete_deployment(api_id: str, deployment: str) -> Any:
        apigateway_v1._resources.pop(_kept(api_id, deployment), None)
        return delete(api_id, deployment)

    async def execute_in_scope(request: Document, api_id: str, stage_name: str, *rest: Any) -> Any:
        stage = apigateway_v1._stages_v1.get(api_id, {}).get(stage_name) or {}
        token = _deployment.set(str(stage.get("deploymentId") or ""))
        try:
            return await execute(request, api_id, stage_name, *rest)
        finally:
            _deployment.reset(token)

    apigateway_v1._create_deployment = create_deployment
    apigateway_v1._delete_deployment = delete_deployment
    apigateway_v1._execute_in_scope = execute_in_scope
    apigateway_v1.find_api_scope = _scope
    apigateway_v1._match_resource_tree = _deployed(apigateway_v1._match_resource_tree)
    apigateway_v1._match_greedy_fallback = _deployed(apigateway_v1._match_greedy_fallback)


def _deployed(match: Any) -> Any:
    """Matching against what the stage serves; outside of a call to a stage, against the API as it is."""

    def matched(api_id: str, *rest: Any) -> Any:
        deployment = _deployment.get()
        return match(_kept(api_id, deployment) if deployment else api_id, *rest)

    return matched


def _kept(api_id: str, deployment: str) -> str:
    """Where a deployment's resources are among those of all APIs."""
    return f"{api_id}@{deployment}"


def _scope(api_id: str) -> tuple[str, str] | None:
    """Account and region of the API; ministack looks in the caller's account only, and a caller need not have one."""
    for (account, region, known), _ in apigateway_v1._rest_apis.all_items():
        if known == api_id:
            return account, region
    return None
