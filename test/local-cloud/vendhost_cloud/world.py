"""Tenants as data, on request: a thousand take many minutes call by call, and seconds so.

A test puts the object `.local-cloud/world` into a bucket; it is not stored. It is JSON with what calls would have left,
as lists and look-ups show it:

- `objects`: key -> text, in that bucket; `parameters`: name -> value
- `stacks`: `name`, `tags`, `outputs` and `parameters` (name -> value) of stacks without resources
- `bill`: what Cost Explorer knows of the account (`bills.py`)
- `rules`: `arn`, `listener`, `priority`, `host`, and the `group`, an ARN, of a target group without targets

Nothing is checked, no event is sent, and no stack has made any of it.
"""

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import get_account_id, get_region
from ministack.services import alb, cloudformation, s3, ssm

from vendhost_cloud import bills
from vendhost_cloud.refusals.interception import Call, Response, before

_HOOK = ".local-cloud/world"
Record = dict[str, Any]


def register() -> None:
    before("s3", _take)


def _take(call: Call) -> Response | None:
    bucket, _, key = unquote(call.path).lstrip("/").partition("/")
    if key != _HOOK or call.method != "PUT":
        return None
    world = call.json
    for name, text in world.get("objects", {}).items():
        s3._put_object(bucket, name, str(text).encode(), {"content-type": "application/json"})
    for name, value in world.get("parameters", {}).items():
        ssm._put_parameter({"Name": name, "Value": value, "Type": "String", "Overwrite": True})
    for stack in world.get("stacks", []):
        cloudformation._stacks[stack["name"]] = _stack(stack)
    if "bill" in world:
        bills.put(world["bill"])
    for rule in world.get("rules", []):
        _rule(rule)
    return 200, {"ETag": '"world"'}, b""


def _stack(given: Record) -> Record:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    name = given["name"]
    return {
        "StackName": name,
        "StackId": f"arn:aws:cloudformation:{get_region()}:{get_account_id()}:stack/{name}/{uuid.uuid4()}",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": now,
        "LastUpdatedTime": now,
        "Parameters": [{**pair, "NoEcho": False} for pair in _pairs(given.get("parameters", {}), "Parameter")],
        "Tags": _pairs(given.get("tags", {}), ""),
        "Outputs": _pairs(given.get("outputs", {}), "Output"),
        "_region": get_region(),
        "_resources": {},
        "_template": {"Resources": {}},
        "_template_body": json.dumps({"Resources": {}}),
        "_resolved_params": {},
        "_conditions": {},
    }


def _pairs(given: Mapping[str, str], kind: str) -> list[Record]:
    return [{f"{kind}Key": key, f"{kind}Value": value} for key, value in given.items()]


def _rule(given: Record) -> None:
    group = given["group"]
    alb._tgs[group] = {
        "TargetGroupArn": group,
        "TargetGroupName": group.split("/")[1],
        "Protocol": "HTTP",
        "Port": 8080,
        "VpcId": "",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckPath": "/",
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "Matcher": {"HttpCode": "200"},
        "LoadBalancerArns": [],
        "TargetType": "instance",
    }
    alb._targets[group] = []
    alb._tg_attrs[group] = []
    alb._rules[given["arn"]] = {
        "RuleArn": given["arn"],
        "ListenerArn": given["listener"],
        "Priority": str(given["priority"]),
        "Conditions": [{"Field": "host-header", "Values": [given["host"]]}],
        "Actions": [{"Type": "forward", "TargetGroupArn": group}],
        "IsDefault": False,
        "Transforms": [],
    }
    alb._tags[group] = alb._tags[given["arn"]] = []
