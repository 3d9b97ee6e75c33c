#!/usr/bin/env bash
# Package lists and the small tools that the hooks of the shop call.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet --quiet update
apt-get --quiet --quiet install --yes --no-install-recommends ca-certificates curl iproute2 jq
