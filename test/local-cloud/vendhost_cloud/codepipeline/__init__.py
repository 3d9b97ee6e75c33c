"""CodePipeline (CodePipeline_20150709): executions that really run."""

from vendhost_cloud.codepipeline.service import call, register

__all__ = ["call", "register"]
