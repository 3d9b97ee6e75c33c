#!/usr/bin/env bash
# The deployment succeeds only when the shop answers with the revision that was just installed.
set -euo pipefail
address=$(cat /opt/shop/address)
wanted=$(jq --raw-output .revision /opt/shop/release.json)
curl --silent --show-error --fail --retry 30 --retry-delay 1 --retry-connrefused --max-time 60 \
  --output /tmp/shop-health.json "${address}/health"
running=$(jq --raw-output .revision /tmp/shop-health.json)
if [ "$running" != "$wanted" ]; then
  echo "revision ${running} answers, ${wanted} was installed" >&2
  exit 1
fi
echo "revision ${running:0:12} answers at ${address}"
