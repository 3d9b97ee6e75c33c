"""CodeDeploy (CodeDeploy_20141006): in-place deployments that really run on the instances."""

from .scale_out import welcome
from .service import call, register

__all__ = ["call", "register", "welcome"]
