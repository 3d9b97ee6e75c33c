"""Errors of the direct APIs, which have a reason besides their name."""

from ministack.services import ec2, kms

from vendhost_cloud.ec2.store import Record
from vendhost_cloud.errors import AwsError


class Refusal(AwsError):
    """An error with the reason that the model lists for it."""

    def __init__(self, code: str, message: str, reason: str | None = None, status: int = 400) -> None:
        super().__init__(code, message, status)
        self.reason = reason


def invalid(reason: str, message: str) -> Refusal:
    return Refusal("ValidationException", message, reason)


def snapshot(snapshot_id: str) -> Record:
    """A snapshot of the account; nobody else's is shared here."""
    found: Record | None = ec2._snapshots.get(snapshot_id)
    if found is None:
        message = f"The snapshot {snapshot_id} does not exist."
        raise Refusal("ResourceNotFoundException", message, "SNAPSHOT_NOT_FOUND", 404)
    return found


def pending(snapshot_id: str) -> Record:
    """One that can be written. AWS's pages do not say with which reason others are refused."""
    found = snapshot(snapshot_id)
    if found["State"] != "pending" or found.get("_Sealed"):
        raise invalid("INVALID_SNAPSHOT_ID", f"The snapshot {snapshot_id} is not in the pending state")
    return found


def readable(snapshot_id: str) -> Record:
    """One that is complete, and whose key can be used.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-faq.html: a pending one is not accessible
    """
    found = snapshot(snapshot_id)
    if found["State"] != "completed":
        raise invalid("INVALID_SNAPSHOT_ID", f"The snapshot {snapshot_id} is {found['State']}")
    refuse_unusable_key(found)
    return found


def refuse_unusable_key(record: Record) -> None:
    key = kms._resolve_key(str(record["KmsKeyId"])) if record.get("KmsKeyId") else None
    if key is not None and key["KeyState"] != "Enabled":
        message = f"The KMS key {record['KmsKeyId']} is {key['KeyState']}"
        raise Refusal("AccessDeniedException", message, "DEPENDENCY_ACCESS_DENIED", 403)
