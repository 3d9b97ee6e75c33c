#!/usr/bin/env bash
# Installs the CloudWatch agent from the region's AWS bucket: it ships the logs of an instance. It starts with user data, which says what
# it reads. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/download-cloudwatch-agent-commandline.html
set -euo pipefail
: "${VENDHOST_CLOUDWATCH_AGENT_URL:?the base address of the agent\'s bucket}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packer/base/apt.sh
. "$here/apt.sh"
# shellcheck source=packer/base/download.sh
. "$here/download.sh"

agent=${VENDHOST_CLOUDWATCH_AGENT:-/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl}
if [ -x "$agent" ]; then
  echo "CloudWatch agent: installed already"
  exit 0
fi

# AWS publishes one package for each of the two; other distributions come from one of them.
system=debian
if grep -Eq '^ID(_LIKE)?=.*ubuntu' "${VENDHOST_OS_RELEASE:-/etc/os-release}"; then system=ubuntu; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
url="$VENDHOST_CLOUDWATCH_AGENT_URL/$system/$(dpkg --print-architecture)/latest/amazon-cloudwatch-agent.deb"
command -v curl > /dev/null || apt_install ca-certificates curl

if ! download "$url" "$work/agent.deb" 2> "$work/error"; then
  echo "cloudwatch-agent.sh: cannot download $url: $(cat "$work/error")" >&2
  exit 1
fi
apt_install "$work/agent.deb"
[ -x "$agent" ] || { echo "cloudwatch-agent.sh: the package left no $agent" >&2; exit 1; }
echo "CloudWatch agent: installed"
