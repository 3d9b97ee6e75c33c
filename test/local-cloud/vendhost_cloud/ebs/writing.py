"""StartSnapshot, PutSnapshotBlock and CompleteSnapshot."""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ministack.services import ec2, kms

from vendhost_cloud.ebs import contents
from vendhost_cloud.ebs.refusals import Refusal, invalid, pending
from vendhost_cloud.ec2.block_devices import add_snapshot, key_arn
from vendhost_cloud.ec2.store import Record, in_background, scope
from vendhost_cloud.errors import Unsupported
from vendhost_cloud.json_service import Document

_MOST_GIB = 65_536
_MOST_PENDING = 100
"""https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html, "Pending snapshots per account" """


@dataclass
class _Started:
    """A snapshot by the token of its start, and what has been written to it: index -> SHA-256."""

    request: Document
    snapshot_id: str
    sums: dict[int, bytes] = field(default_factory=dict)


_started: dict[tuple[str, str, str], _Started] = {}
_by_snapshot: dict[str, _Started] = {}


def start(request: Document) -> Document:
    account, region = scope()
    token = request.get("ClientToken") or f"none {time.time_ns()}"
    known = _started.get((account, region, token))
    if known is not None and known.request != request:
        message = "The request uses the same client token as a previous, but non-identical request."
        raise Refusal("ConflictException", message, status=409)
    if known is None:
        known = _Started(request, _make(request))
        _started[account, region, token] = _by_snapshot[known.snapshot_id] = known
    record: Record = ec2._snapshots.get(known.snapshot_id) or {}
    return {
        "SnapshotId": known.snapshot_id,
        "Description": request.get("Description", ""),
        "OwnerId": account,
        "Status": record.get("State", "error"),
        "StartTime": datetime.now(UTC).timestamp(),
        "VolumeSize": request["VolumeSize"],
        "BlockSize": contents.BLOCK,
        "Tags": request.get("Tags", []),
        **({"KmsKeyArn": record["KmsKeyId"], "SseType": "sse-kms"} if record.get("KmsKeyId") else {"SseType": "none"}),
    }


def _make(request: Document) -> str:
    """https://docs.aws.amazon.com/ebs/latest/userguide/ebsapis-using-encryption.html, "No parent snapshot"."""
    if request.get("ParentSnapshotId"):
        if "Encrypted" in request:
            raise invalid("INVALID_PARAMETER_VALUE", "Encrypted and ParentSnapshotId exclude each other")
        raise Unsupported("parent snapshots")
    key = request.get("KmsKeyArn")
    if key and request.get("Encrypted") is False:
        raise invalid("INVALID_PARAMETER_VALUE", "KmsKeyArn requires Encrypted")
    found = kms._resolve_key(key) if key else None
    if key and (found is None or found["KeyState"] != "Enabled"):
        raise invalid("INVALID_CUSTOMER_KEY", f"The KMS key {key} cannot be used")
    if request["VolumeSize"] > _MOST_GIB:
        raise invalid("INVALID_VOLUME_SIZE", f"The volume size must be {_MOST_GIB} GiB at most")
    if sum(one["State"] == "pending" for one in ec2._snapshots.values()) >= _MOST_PENDING:
        raise Refusal("ConcurrentLimitExceededException", f"There are {_MOST_PENDING} pending snapshots")
    encrypted = bool(key) or request.get("Encrypted", False)
    settings = {
        # AWS's pages do not say which volume a started snapshot shows; a copied one has this.
        "VolumeId": "vol-ffffffff",
        "VolumeSize": request["VolumeSize"],
        "Encrypted": encrypted,
        **({"KmsKeyId": key or key_arn(None)} if encrypted else {}),
    }
    record = add_snapshot(settings, request.get("Description", ""), request.get("Tags", []))
    record.update(State="pending", Progress="0%")
    return str(record["SnapshotId"])


def put_block(request: Document) -> Document:
    record = pending(request["SnapshotId"])
    block, index = request["BlockData"], request["BlockIndex"]
    if request["DataLength"] != contents.BLOCK or len(block) != contents.BLOCK:
        raise invalid("INVALID_PARAMETER_VALUE", f"a block has {contents.BLOCK} bytes, not {len(block)}")
    if index >= int(record["VolumeSize"]) * 2**30 // contents.BLOCK:
        raise invalid("INVALID_BLOCK", f"block {index} is beyond the {record['VolumeSize']} GiB of the volume")
    found = hashlib.sha256(block).digest()
    if base64.b64encode(found).decode() != request["Checksum"]:
        raise invalid("INVALID_BLOCK", "The checksum of the block is not the one that was given")
    contents.write(record["SnapshotId"], index, block)
    _by_snapshot[record["SnapshotId"]].sums[index] = found
    return {"Checksum": request["Checksum"], "ChecksumAlgorithm": "SHA256"}


def complete(request: Document) -> Document:
    """The aggregated checksum is that of the blocks' own, by ascending index, as bytes: so does AWS's coldsnap.

    https://github.com/awslabs/coldsnap/blob/develop/src/upload.rs
    """
    record = pending(request["SnapshotId"])
    sums = _by_snapshot[record["SnapshotId"]].sums
    if request["ChangedBlocksCount"] != len(sums):
        message = f"{len(sums)} blocks were written, not {request['ChangedBlocksCount']}"
        raise invalid("INVALID_PARAMETER_VALUE", message)
    whole = hashlib.sha256(b"".join(sums[index] for index in sorted(sums))).digest()
    given = request.get("Checksum")
    if given is not None and given != base64.b64encode(whole).decode():
        raise invalid("INVALID_PARAMETER_VALUE", "The checksum is not that of the blocks")
    record["_Sealed"] = True
    in_background(f"complete {record['SnapshotId']}", lambda: record.update(State="completed", Progress="100%"))
    return {"Status": "pending"}


def reset() -> None:
    _started.clear()
    _by_snapshot.clear()
