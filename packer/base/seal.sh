#!/usr/bin/env bash
# The last step before the image is made: what belongs to the builder alone must not be in it.
set -euo pipefail

apt-get clean
rm -rf /var/lib/apt/lists/* /tmp/codedeploy-agent.update.log
# An agent that ran on the builder must not tell the instances' deployments apart by what it left.
rm -rf /opt/codedeploy-agent/deployment-root /var/log/aws/codedeploy-agent
# The last line of user data starts the agent. By itself it would start before user data, on every image that is supported, and run
# hooks before there is what they read: https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html
systemctl disable codedeploy-agent
left=$(ls -d /etc/systemd/system/*.wants/codedeploy-agent.service /etc/rc[2-5].d/S*codedeploy-agent 2> /dev/null || true)
if [ -n "$left" ]; then
  echo "seal.sh: the CodeDeploy agent would start at boot, before user data: $left" >&2
  exit 1
fi
# Empty, not absent: the next boot makes a new one (https://www.freedesktop.org/software/systemd/man/machine-id.html).
truncate --size 0 /etc/machine-id
# The key of the bake; an instance gets the keys it is launched with at its first boot.
sed -i '/ vendhost-bake-[0-9a-f]*$/d' /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys 2>/dev/null || true
rm -f /root/.bash_history /home/*/.bash_history
rm -rf /tmp/vendhost
