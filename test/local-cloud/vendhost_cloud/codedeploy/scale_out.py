"""New instances of an Auto Scaling group get the revision deployed last.

The real service hangs a life-cycle hook into the group and deploys before the instance is in
service; here the instance is noticed when it has come into service. While another deployment
keeps the group busy the instance waits, and gets what is last successful afterwards.
"""

import logging
import threading
import time

from ministack.core.responses import request_scope

from . import deployments, fleet, store
from .store import Document

WATCH_SECONDS = 0.5
log = logging.getLogger("vendhost")


def watch() -> None:
    """Start watching, for as long as the process lives."""
    threading.Thread(target=_watch, daemon=True, name="codedeploy-scale-out").start()


def _watch() -> None:
    while True:
        time.sleep(WATCH_SECONDS)
        for (account, region, _), group in store.groups.all_items():
            if not group["autoScalingGroups"]:
                continue
            try:
                with request_scope(account, region):
                    _welcome(group)
            except Exception:
                log.exception("scale-out of deployment group %s", group["deploymentGroupName"])


def _welcome(group: Document) -> None:
    launched = [one for one in fleet.auto_scaling_instances(group) if one not in group["_known"]]
    if not launched:
        return
    with store.lock:
        if store.active(group):
            return
        group["_known"] |= set(launched)
        revision = group.get("targetRevision")
        if revision is None:
            return
        for instance_id in launched:
            deployments.start(group, revision, creator="autoscaling", only=[instance_id])
