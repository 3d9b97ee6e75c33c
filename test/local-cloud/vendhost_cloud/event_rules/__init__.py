"""EventBridge rules that start pipelines and builds, and CloudTrail's data events, which they match.

ministack stores rules and matches events; here it refuses what AWS refuses, reports S3 writes as the trails of an
account say, and starts them with the rights of the target's role.
"""

from vendhost_cloud.event_rules import data_events, refusals, targets


def register() -> None:
    for part in (refusals, data_events, targets):
        part.register()
