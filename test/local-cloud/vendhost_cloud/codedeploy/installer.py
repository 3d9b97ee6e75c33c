"""The agent's installer, where AWS publishes it: bucket `aws-codedeploy-<region>`, `latest/install`.

https://docs.aws.amazon.com/codedeploy/latest/userguide/codedeploy-agent-operations-install-linux.html
"""

from pathlib import Path

from vendhost_cloud import published

SCRIPT = Path(__file__).with_name("install.sh")


def publish() -> None:
    """Have S3 serve the installer to everyone, without credentials."""
    published.publish(r"aws-codedeploy-([a-z]{2}(?:-[a-z]+)+-\d)", "latest/install", SCRIPT.read_bytes)
