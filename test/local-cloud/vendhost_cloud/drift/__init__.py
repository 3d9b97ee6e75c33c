"""Drift: what CloudFormation's detection finds, and what CloudTrail knows of who changed it.

ministack compares a stack's resources with their stores at once, for a handful of types. Here it reads every type that
Vendhost's stacks have through the services' own APIs, with the rights of the caller, and takes its time.
"""

from vendhost_cloud.drift import (
    balancer_readers,
    detections,
    event_readers,
    events,
    host_readers,
    identity_readers,
    intake_readers,
    network_readers,
    storage_readers,
)


def register() -> None:
    parts = (
        balancer_readers,
        event_readers,
        host_readers,
        identity_readers,
        intake_readers,
        network_readers,
        storage_readers,
    )
    for part in parts:
        for name, reader in part.READERS.items():
            reader.register(name)
    detections.register()
    events.register()
