"""ListSnapshotBlocks and GetSnapshotBlock."""

import base64
import hashlib
import time
from typing import Any

from vendhost_cloud.ebs import contents
from vendhost_cloud.ebs.refusals import invalid, readable
from vendhost_cloud.json_service import Document

_SEVEN_DAYS = 7 * 24 * 60 * 60
_lists: dict[str, int] = {}
"""How often the blocks of a snapshot were listed: each list changes their tokens.

https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-elements.html, "Block tokens" """


def list_blocks(request: Document) -> Document:
    snapshot_id = request["SnapshotId"]
    record = readable(snapshot_id)
    size = max(100, request.get("MaxResults", 10_000))
    token = request.get("NextToken")
    if token is None:
        _lists[snapshot_id] = _lists.get(snapshot_id, 0) + 1
    start = request.get("StartingBlockIndex", 0) if token is None else _page_start(token, snapshot_id)
    found = [index for index in contents.indexes(snapshot_id) if index >= start]
    shown, rest = found[:size], found[size:]
    answer: dict[str, Any] = {
        "Blocks": [{"BlockIndex": index, "BlockToken": _token(snapshot_id, index)} for index in shown],
        "ExpiryTime": time.time() + _SEVEN_DAYS,
        "VolumeSize": int(record["VolumeSize"]),
        "BlockSize": contents.BLOCK,
    }
    return {**answer, "NextToken": _encoded(f"page {snapshot_id} {rest[0]}")} if rest else answer


def get_block(request: Document) -> Document:
    snapshot_id, index = request["SnapshotId"], request["BlockIndex"]
    readable(snapshot_id)
    if request["BlockToken"] != _token(snapshot_id, index):
        raise invalid("INVALID_BLOCK_TOKEN", "The block token is invalid or has expired")
    block = contents.read(snapshot_id, index)
    return {
        "DataLength": contents.BLOCK,
        "BlockData": block,
        "Checksum": base64.b64encode(hashlib.sha256(block).digest()).decode(),
        "ChecksumAlgorithm": "SHA256",
    }


def _token(snapshot_id: str, index: int) -> str:
    return _encoded(f"block {snapshot_id} {index} {_lists.get(snapshot_id, 0)}")


def _page_start(token: str, snapshot_id: str) -> int:
    try:
        kind, of, index = base64.b64decode(token, validate=True).decode().split(" ")
        if (kind, of) == ("page", snapshot_id):
            return int(index)
    except ValueError:
        pass
    raise invalid("INVALID_PAGE_TOKEN", "The page token is invalid or has expired")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
