"""EventBridge rules that start pipelines, and CloudTrail's data events, which they match.

ministack stores rules and matches events; here it refuses what AWS refuses, reports S3 writes as the trails of an
account say, and starts pipelines with the rights of the target's role.
"""

from vendhost_cloud.event_rules import data_events, pipeline_target, refusals


def register() -> None:
    for part in (refusals, data_events, pipeline_target):
        part.register()
