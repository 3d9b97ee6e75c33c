"""A function's log is written with the rights of its role; without them it is lost, and the function runs.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

import logging
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs, lambda_svc

from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role

_log = logging.getLogger("vendhost")


def register() -> None:
    emit = lambda_svc._emit_lambda_logs

    def emit_logs(function: dict[str, Any], *rest: Any, **more: Any) -> None:
        config = function.get("config") or function
        try:
            _check(config)
        except AwsError as error:
            _log.warning("the log of %s is lost: %s", config.get("FunctionName"), error)
            return
        emit(function, *rest, **more)

    lambda_svc._emit_lambda_logs = emit_logs


def _check(config: dict[str, Any]) -> None:
    role = Role(str(config.get("Role", "")), "lambda.amazonaws.com")
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName')}"
    arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{group}"
    if group not in cloudwatch_logs._log_groups:
        role.require("logs:CreateLogGroup", f"{arn}:*")
    role.require("logs:CreateLogStream", f"{arn}:*")
    # Lambda names its streams: a policy names none.
    role.require("logs:PutLogEvents", f"{arn}:log-stream:0")
