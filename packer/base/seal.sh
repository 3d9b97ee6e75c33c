#!/usr/bin/env bash
# The last step before the image is made: what belongs to the builder alone must not be in it.
set -euo pipefail

apt-get clean
rm -rf /var/lib/apt/lists/* /tmp/codedeploy-agent.update.log
# An agent that ran on the builder must not tell the instances' deployments apart by what it left.
rm -rf /opt/codedeploy-agent/deployment-root /var/log/aws/codedeploy-agent
# Empty, not absent: the next boot makes a new one (https://www.freedesktop.org/software/systemd/man/machine-id.html).
truncate --size 0 /etc/machine-id
# The key of the bake; an instance gets the keys it is launched with at its first boot.
sed -i '/ vendhost-bake-[0-9a-f]*$/d' /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys 2>/dev/null || true
rm -f /root/.bash_history /home/*/.bash_history
rm -rf /tmp/vendhost
