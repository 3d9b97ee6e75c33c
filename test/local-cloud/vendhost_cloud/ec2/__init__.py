"""EC2 over machines that really run: instances, images, volumes, snapshots and key pairs in ministack's stores."""

from ministack.services import ec2

from vendhost_cloud import machines
from vendhost_cloud.ec2 import (
    block_devices,
    disks,
    image_attributes,
    images,
    instance_attributes,
    instance_types,
    instances,
    key_pairs,
    launch_templates,
    metadata,
)
from vendhost_cloud.ec2.instances import notice_deaths, terminate
from vendhost_cloud.ec2.launch import launch, template_data


def register() -> None:
    """Replace ministack's actions for what really runs here."""
    for part in (
        block_devices,
        key_pairs,
        launch_templates,
        instance_types,
        metadata,
        instances,
        instance_attributes,
        images,
        image_attributes,
        disks,
    ):
        part.register()
    forget = ec2.reset

    def reset() -> None:
        machines.shutdown_all()
        metadata.reset()
        forget()

    ec2.reset = reset


__all__ = ["launch", "notice_deaths", "register", "template_data", "terminate"]
