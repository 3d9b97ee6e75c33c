"""EBS's direct APIs: blocks of snapshots, which have the bytes of the images that they are of."""

from vendhost_cloud.ebs import service


def register() -> None:
    service.register()
