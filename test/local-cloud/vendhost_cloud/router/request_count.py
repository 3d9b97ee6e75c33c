"""RequestCount, the metric of the requests that reached a target group: one value a minute, none for a minute without.

A request counts when a target was chosen for it, and health checks do not
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html). It is there
at once; CloudWatch has it some minutes later.
"""

import threading
import time
from typing import Any

from ministack.services import cloudwatch

_lock = threading.Lock()


def count(account: str, group_arn: str, balancer_arn: str) -> None:
    region = group_arn.split(":")[3]
    dimensions = {
        "TargetGroup": group_arn.rpartition(":")[2],
        "LoadBalancer": balancer_arn.partition(":loadbalancer/")[2],
    }
    key = ("AWS/ApplicationELB", "RequestCount", cloudwatch._dims_key(dimensions))
    minute = int(time.time() // 60) * 60.0
    with _lock:
        points: list[dict[str, Any]] = cloudwatch._metrics.get_scoped(account, region, key) or []
        if points and points[-1]["Timestamp"] == minute:
            points[-1]["Value"] += 1.0
            return
        points.append({"Timestamp": minute, "Value": 1.0, "Unit": "Count", "Dimensions": dimensions})
        cloudwatch._metrics.set_scoped(account, region, key, points)
