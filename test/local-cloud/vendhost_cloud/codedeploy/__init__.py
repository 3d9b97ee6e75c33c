"""CodeDeploy (CodeDeploy_20141006): in-place deployments that really run on the instances."""

from vendhost_cloud.codedeploy.scale_out import welcome
from vendhost_cloud.codedeploy.service import call, register

__all__ = ["call", "register", "welcome"]
