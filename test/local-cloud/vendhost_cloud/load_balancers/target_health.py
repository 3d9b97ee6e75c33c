"""Health of targets by real HTTP health checks.

The settings are the target group's, but the interval is at most INTERVAL_SECONDS and the time-out at most
TIMEOUT_SECONDS: the local cloud should be fast. Thresholds are honoured.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

import http.client
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ministack.services import alb, ec2

from vendhost_cloud import machines
from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers.interception import Answer, Known, before, flat
from vendhost_cloud.query_service import Body, Params, action

_log = logging.getLogger("vendhost")

INTERVAL_SECONDS = 0.5
TIMEOUT_SECONDS = 5.0

Key = tuple[str, str, int]
"""Target group, target id, port."""

_INITIAL = ("Elb.InitialHealthChecking", "Initial health checks in progress")


@dataclass
class Health:
    """The health of a target."""

    state: str = "initial"
    reason: str = _INITIAL[0]
    description: str = _INITIAL[1]
    successes: int = 0
    failures: int = 0
    due: float = 0.0
    running: Future[str] | None = None


_health: dict[Key, Health] = {}


def address_of(target_group: Body, target: str) -> str | None:
    """Where a target answers; None for an instance that is not running."""
    if target_group.get("TargetType", "instance") != "instance":
        return target
    machine = machines.get(target)
    return machine.address if machine else None


def port_of(target_group: Body, target: Body) -> int:
    """The port traffic for a target goes to."""
    return int(target.get("Port") or target_group["Port"])


def state(account: str, target_group: Body, target: Body) -> Health:
    """The health of a registered target."""
    arn = target_group["TargetGroupArn"]
    if arn not in _groups_in_use(account):
        return Health(
            "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
        )
    if address_of(target_group, target["Id"]) is None:
        return Health("unused", "Target.InvalidState", "Target is in the stopped or terminated state")
    if not target_group.get("HealthCheckEnabled", True):
        return Health("unavailable", "Target.HealthCheckDisabled", "Health checks are disabled")
    return _health.get((arn, target["Id"], port_of(target_group, target)), Health())


def healthy(account: str, target_group: Body) -> list[Body]:
    """The targets a load balancer would send requests to; all of them when none is healthy, as an ALB does."""
    targets = registered(account, target_group["TargetGroupArn"])
    known = [(target, state(account, target_group, target).state) for target in targets]
    well = [target for target, name in known if name in ("healthy", "unavailable")]
    return well or [target for target, name in known if name == "unhealthy"]


def registered(account: str, target_group_arn: str) -> list[Body]:
    """The targets of a group."""
    return list(alb._targets.get_scoped(account, target_group_arn.split(":")[3], target_group_arn, []))


def _groups_in_use(account: str) -> set[str]:
    rules = [one["Actions"] for (owner, _, _), one in alb._rules.all_items() if owner == account]
    defaults = [one["DefaultActions"] for (owner, _, _), one in alb._listeners.all_items() if owner == account]
    return {one["TargetGroupArn"] for actions in rules + defaults for one in actions if one.get("TargetGroupArn")}


def _describe(request: Body) -> Body:
    arn = request.get("TargetGroupArn", "")
    target_group = alb._tgs.get(arn)
    if target_group is None:
        raise AwsError("TargetGroupNotFound", f"Target group '{arn}' not found")
    account = arn.split(":")[4]
    known = {one["Id"]: one for one in registered(account, arn)}
    wanted = request.get("Targets") or list(known.values())
    return {"TargetHealthDescriptions": [_view(account, target_group, one, known.get(one["Id"])) for one in wanted]}


def _view(account: str, target_group: Body, asked: Body, target: Body | None) -> Body:
    port = port_of(target_group, target or asked)
    health = (
        state(account, target_group, target)
        if target
        else Health("unused", "Target.NotRegistered", "Target is not registered to the target group")
    )
    named = {"Id": asked["Id"], "Port": port}
    if health.state == "healthy":
        return {
            "Target": named,
            "HealthCheckPort": str(_check_port(target_group, port)),
            "TargetHealth": {"State": "healthy"},
        }
    return {
        "Target": named,
        "HealthCheckPort": str(_check_port(target_group, port)),
        "TargetHealth": {"State": health.state, "Reason": health.reason, "Description": health.description},
    }


def _check_port(target_group: Body, port: int) -> int:
    configured = str(target_group.get("HealthCheckPort") or "traffic-port")
    return int(configured) if configured.isdigit() else port


def _register(params: Params, known: Known) -> Answer:
    target_group = alb._tgs.get(flat(params, "TargetGroupArn"))
    if target_group is not None and target_group.get("TargetType", "instance") == "instance":
        for target in alb._parse_targets_param(params):
            record = ec2._instances.get(target["Id"])
            if record is None or record["State"]["Name"] != "running":
                raise AwsError(
                    "InvalidTarget",
                    f"The following targets are not in a running state and cannot be registered: '{target['Id']}'",
                )
    return known(params)


def _deregister(params: Params, known: Known) -> Answer:
    """A target that is registered again, however soon, has to pass its checks again."""
    answer = known(params)
    arn = flat(params, "TargetGroupArn")
    gone = {target["Id"] for target in alb._parse_targets_param(params)}
    for key in [key for key in list(_health) if key[0] == arn and key[1] in gone]:
        _health.pop(key, None)
    return answer


def _checks(now: float) -> Iterator[tuple[Key, Health, Body, str]]:
    """The checks that are due; removes targets that no longer exist."""
    present: set[Key] = set()
    # Once for each account, not for each group: it reads all rules, and a thousand tenants have as many groups.
    used: dict[str, set[str]] = {}
    for (account, _, arn), target_group in alb._tgs.all_items():
        targets = registered(account, arn) if target_group.get("HealthCheckEnabled", True) else []
        if targets and account not in used:
            used[account] = _groups_in_use(account)
        for target in targets if arn in used.get(account, ()) else []:
            address = address_of(target_group, target["Id"])
            if address is None:
                continue
            key = (arn, target["Id"], port_of(target_group, target))
            present.add(key)
            health = _health.setdefault(key, Health())
            if now >= health.due and health.running is None:
                yield key, health, target_group, address
    for key in set(_health) - present:
        _health.pop(key, None)


def probe(target_group: Body, address: str, port: int) -> str:
    """One health check; an empty string, or the reason it failed."""
    timeout = min(float(target_group["HealthCheckTimeoutSeconds"]), TIMEOUT_SECONDS)
    if target_group.get("HealthCheckProtocol", "HTTP") != "HTTP":
        return f"the local cloud supports only HTTP health checks, not {target_group['HealthCheckProtocol']}"
    connection = http.client.HTTPConnection(address, _check_port(target_group, port), timeout=timeout)
    try:
        connection.request("GET", target_group["HealthCheckPath"], headers={"User-Agent": "ELB-HealthChecker/2.0"})
        status = connection.getresponse().status
    except TimeoutError:
        return "Request timed out"
    except (OSError, http.client.HTTPException):
        return "Health checks failed"
    finally:
        connection.close()
    if matches(target_group["Matcher"]["HttpCode"], status):
        return ""
    return f"Health checks failed with these codes: [{status}]"


def matches(matcher: str, status: int) -> bool:
    """Whether a status is in a matcher like `200,301-303`."""
    for part in str(matcher).split(","):
        first, _, last = part.strip().partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False


def note(health: Health, target_group: Body, problem: str) -> None:
    """Take a check's outcome into account. The first success of a new target is enough to make it healthy."""
    if not problem:
        health.successes, health.failures = health.successes + 1, 0
        enough = 1 if health.state == "initial" else int(target_group["HealthyThresholdCount"])
        if health.successes >= enough:
            health.state, health.reason, health.description = "healthy", "", ""
        return
    health.successes, health.failures = 0, health.failures + 1
    if health.failures >= int(target_group["UnhealthyThresholdCount"]):
        reason = {"Request timed out": "Target.Timeout", "Health checks failed": "Target.FailedHealthChecks"}
        health.state, health.reason, health.description = (
            "unhealthy",
            reason.get(problem, "Target.ResponseCodeMismatch"),
            problem,
        )


def _watch() -> None:
    with ThreadPoolExecutor(16, thread_name_prefix="health") as pool:
        while True:
            try:
                _start_due_checks(pool)
            except Exception:
                _log.exception("health checks")
            time.sleep(0.1)


def _start_due_checks(pool: ThreadPoolExecutor) -> None:
    now = time.monotonic()
    for key, health, target_group, address in _checks(now):
        health.due = now + min(float(target_group["HealthCheckIntervalSeconds"]), INTERVAL_SECONDS)
        health.running = pool.submit(probe, target_group, address, key[2])
        health.running.add_done_callback(_finish(health, target_group))


def _finish(health: Health, target_group: Body) -> Any:
    def done(future: Future[str]) -> None:
        try:
            note(health, target_group, future.result())
        finally:
            health.running = None

    return done


def register() -> None:
    alb._ACTION_MAP["DescribeTargetHealth"] = action(
        "elbv2", "DescribeTargetHealth", _describe, supported=["TargetGroupArn", "Targets"]
    )
    before("RegisterTargets", _register)
    before("DeregisterTargets", _deregister)
    threading.Thread(target=_watch, name="health checks", daemon=True).start()
