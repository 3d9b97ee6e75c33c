"""DeleteDBInstance and DeleteDBParameterGroup by whoever calls them, not by a stack: what RDS refuses, and the end of
the server.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import rds

Params = dict[str, Any]
Answer = tuple[int, dict[str, str], Any]
_Action = Callable[[Params], Answer]


def register(ended: Callable[[str, dict[str, Any]], None]) -> None:
    """`ended` is called with the name and the record of a database that is gone."""
    delete: _Action = rds._ACTION_MAP["DeleteDBInstance"]
    delete_group: _Action = rds._ACTION_MAP["DeleteDBParameterGroup"]

    def delete_instance(params: Params) -> Answer:
        name, snapshot = _given(params, "DBInstanceIdentifier"), _given(params, "FinalDBSnapshotIdentifier")
        record = rds._instances.get(name)
        if record is not None and not record.get("DeletionProtection"):
            skipped = _given(params, "SkipFinalSnapshot").lower() == "true"
            if skipped == bool(snapshot):
                message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and only then"
                return _refused("InvalidParameterCombination", message)
            if snapshot in rds._snapshots:
                return _refused("DBSnapshotAlreadyExists", f"Cannot create the snapshot {snapshot}: it already exists")
        answer = delete(params)
        if answer[0] < 300 and record is not None:
            ended(name, record)
        return answer

    def delete_unless_used(params: Params) -> Answer:
        name = _given(params, "DBParameterGroupName")
        for instance, record in rds._instances.items():
            used = [one.get("DBParameterGroupName") for one in record.get("DBParameterGroups") or []]
            if name in used:
                message = f"One or more database instances are still members of this parameter group {name}: {instance}"
                return _refused("InvalidDBParameterGroupState", message)
        return delete_group(params)

    rds._ACTION_MAP["DeleteDBInstance"] = delete_instance
    rds._ACTION_MAP["DeleteDBParameterGroup"] = delete_unless_used


def _given(params: Params, name: str) -> str:
    value = params.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def _refused(code: str, message: str) -> Answer:
    answer: Answer = rds._error(code, message, 400)
    return answer
