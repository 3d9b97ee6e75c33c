"""CodeBuild: projects, and builds that run their buildspec as processes in namespaces of their own."""

from vendhost_cloud.builds import credentials
from vendhost_cloud.builds.service import service


def register() -> None:
    service.register()
    credentials.serve()
