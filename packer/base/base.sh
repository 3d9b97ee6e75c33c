#!/usr/bin/env bash
# What every image has before the tenant's own scripts run: the agents of CodeDeploy, Systems Manager and CloudWatch, and
# RDS's certificates.
# May run again on an image that has them. Its bytes are in the bake key: a change bakes every image anew.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DEBIAN_FRONTEND=noninteractive

if ! command -v apt-get > /dev/null; then
  echo "base.sh: only Debian and Ubuntu images are supported: this one has no apt-get" >&2
  exit 1
fi

# A fresh instance's first boot (cloud-init) holds the package lock for a while.
if command -v cloud-init > /dev/null; then
  cloud-init status --wait > /dev/null || true
fi

# Nor may anything else take it: the timers start again with the next boot. What holds dpkg's lock all the same is waited for, here and
# by every apt of the tenant's scripts and hooks (https://manpages.debian.org/bookworm/apt/apt.conf.5.en.html, DPkg::Lock::Timeout).
if [ -d /run/systemd/system ]; then
  systemctl stop apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service unattended-upgrades.service || true
fi
echo 'DPkg::Lock::Timeout "300";' > /etc/apt/apt.conf.d/90vendhost-lock

bash "$here/database-ca.sh"
bash "$here/codedeploy-agent.sh"
bash "$here/ssm-agent.sh"
bash "$here/cloudwatch-agent.sh"
