"""Reader of EventBridge rules, with their targets."""

import json

from vendhost_cloud.drift.reader import Properties, Reader, like, only
from vendhost_cloud.service_api import call


def _rule(name: str, properties: Properties) -> Properties:
    found = call("events", "DescribeRule", {"Name": name})
    targets = call("events", "ListTargetsByRule", {"Rule": name})["Targets"]
    tags = call("events", "ListTagsForResource", {"ResourceARN": found["Arn"]}).get("Tags") or []
    return {
        **only(found, "Name", "Description", "State"),
        "EventPattern": json.loads(found.get("EventPattern") or "{}"),
        "Targets": like(properties.get("Targets"), targets),
        "Tags": tags,
    }


READERS = {
    "AWS::Events::Rule": Reader(_rule, ("Description", "EventPattern", "Name", "State", "Targets"), tags=True),
}
