"""The bytes of snapshots: files on the tmpfs of layers, of which only what was written takes room.

The root disk of an image has its layers: a block that says how long they are, and each as a tar from a block of its own
on. So whoever copies all blocks, and registers an image of the copy, has an image with the same files.
"""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

from ministack.services import ec2

from vendhost_cloud import machines

BLOCK = 524_288
"""https://docs.aws.amazon.com/ebs/latest/APIReference/API_PutSnapshotBlock.html"""

_EMPTY = bytes(BLOCK)


def indexes(snapshot_id: str) -> Iterator[int]:
    """Blocks that have data, by ascending index."""
    with _file(snapshot_id).open("rb") as file:
        index = _next_data(file.fileno(), 0)
        while index is not None:
            file.seek(index * BLOCK)
            if file.read(BLOCK).strip(b"\0"):
                yield index
            index = _next_data(file.fileno(), index + 1)


def _next_data(descriptor: int, index: int) -> int | None:
    """The first block from there on that is not in a hole of the file."""
    try:
        return os.lseek(descriptor, index * BLOCK, os.SEEK_DATA) // BLOCK
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def read(snapshot_id: str, index: int) -> bytes:
    with _file(snapshot_id).open("rb") as file:
        file.seek(index * BLOCK)
        return file.read(BLOCK).ljust(BLOCK, b"\0")


def write(snapshot_id: str, index: int, block: bytes) -> None:
    path = _path(snapshot_id)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(index * BLOCK)
        file.write(block)


def layers_of(snapshot_id: str, name: str) -> list[Path]:
    """The layers that are in the blocks, unpacked under a name; none in a disk that was not an image's root."""
    first = read(snapshot_id, 0).rstrip(b"\0")
    lengths = json.loads(first)["layers"] if first.startswith(b'{"layers"') else []
    layers, start = [], BLOCK
    for number, length in enumerate(lengths):
        target = machines.layer_path(f"{name}-{number}")
        machines.unpack_layer(_file(snapshot_id), start, length, target)
        layers.append(target)
        start += -(-length // BLOCK) * BLOCK
    return layers


def forget(snapshot_id: str) -> None:
    _path(snapshot_id).unlink(missing_ok=True)


def _file(snapshot_id: str) -> Path:
    """Made when it is asked for: of most snapshots nobody ever reads a block."""
    path = _path(snapshot_id)
    if not path.exists():
        part = path.with_suffix(".part")
        layers = _layers(snapshot_id)
        with part.open("wb") as file:
            lengths: list[int] = []
            for layer in layers:
                file.seek(BLOCK + sum(-(-length // BLOCK) * BLOCK for length in lengths))
                lengths.append(machines.pack_layer(layer, file))
            file.seek(0)
            file.write(json.dumps({"layers": lengths}).encode() if layers else b"")
        part.rename(path)
    return path


def _layers(snapshot_id: str) -> list[Path]:
    for image in ec2._images.values():
        for entry in image["BlockDeviceMappings"]:
            is_root = entry["DeviceName"] == image["RootDeviceName"]
            if is_root and entry["Ebs"].get("SnapshotId") == snapshot_id:
                return list(image["_Layers"])
    return []


def _path(snapshot_id: str) -> Path:
    return machines.layer_path(f"{snapshot_id}.disk")
