#!/usr/bin/env bash
# Installs the Systems Manager agent from the region's AWS bucket: a shell on an instance without SSH.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/agent-install-deb.html
set -euo pipefail
: "${VENDHOST_SSM_URL:?the base address of the agent\'s bucket}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packer/base/apt.sh
. "$here/apt.sh"
# shellcheck source=packer/base/download.sh
. "$here/download.sh"

# Ubuntu's images bring it as a snap.
if command -v amazon-ssm-agent > /dev/null || [ -d /snap/amazon-ssm-agent ]; then
  echo "SSM agent: installed already"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
url="$VENDHOST_SSM_URL/latest/debian_$(dpkg --print-architecture)/amazon-ssm-agent.deb"
command -v curl > /dev/null || apt_install ca-certificates curl

if download "$url" "$work/agent.deb" 2> "$work/error"; then
  apt_install "$work/agent.deb"
  echo "SSM agent: installed"
elif [ "${VENDHOST_LOCAL_CLOUD:-}" = 1 ]; then
  echo "SSM agent: NOT installed, the local cloud does not publish it"
else
  echo "ssm-agent.sh: cannot download $url: $(cat "$work/error")" >&2
  exit 1
fi
