#!/usr/bin/env bash
# Installs the CodeDeploy agent from the region's AWS bucket.
# https://docs.aws.amazon.com/codedeploy/latest/userguide/codedeploy-agent-operations-install-ubuntu.html
set -euo pipefail
: "${VENDHOST_CODEDEPLOY_URL:?the base address of the agent\'s bucket}" "${AWS_REGION:?}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packer/base/apt.sh
. "$here/apt.sh"
# shellcheck source=packer/base/download.sh
. "$here/download.sh"

agent=/opt/codedeploy-agent/bin/codedeploy-agent
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The agent's package names the Ruby versions it was tried with, never the one of the next Debian, so that apt
# refuses what works: https://github.com/aws/aws-codedeploy-agent/issues/371
install_with_any_ruby() {
  local key package="$work/agent.deb"
  download "$VENDHOST_CODEDEPLOY_URL/latest/VERSION" "$work/VERSION"
  key=$(sed -n 's/.*"deb" *: *"\([^"]*\)".*/\1/p' "$work/VERSION")
  download "$VENDHOST_CODEDEPLOY_URL/$key" "$package"
  dpkg-deb --raw-extract "$package" "$work/agent"
  sed -i 's/^Depends:.*/Depends: ruby/' "$work/agent/DEBIAN/control"
  dpkg-deb --build --root-owner-group "$work/agent" "$package" > /dev/null
  apt_install "$package"
}

# The installer says nothing on a pipe; its log does.
install_with_ruby() {
  apt_install ruby ruby-webrick gdebi-core
  if ruby "$work/install" auto && [ -x "$agent" ]; then return; fi
  echo "the installer refuses this Ruby ($(ruby --version)):"
  tail -n 5 /tmp/codedeploy-agent.update.log || true
  echo "installing its package with the dependency on any Ruby"
  install_with_any_ruby
}

if [ -x "$agent" ]; then
  echo "CodeDeploy agent: installed already"
else
  command -v curl > /dev/null || apt_install ca-certificates curl
  download "$VENDHOST_CODEDEPLOY_URL/latest/install" "$work/install"
  if head -n 1 "$work/install" | grep -q ruby; then
    install_with_ruby
  else
    chmod +x "$work/install"
    "$work/install" auto
  fi
  [ -x "$agent" ] || { echo "codedeploy-agent.sh: the installer left no $agent" >&2; exit 1; }
  echo "CodeDeploy agent: installed"
fi

# https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-agent-configuration.html
config=/etc/codedeploy-agent/conf/codedeployagent.yml
if [ -f "$config" ] && ! grep -q disable_imds_v1 "$config"; then
  sed -i '$a :disable_imds_v1: true' "$config"
fi
