#!/usr/bin/env bash
# Writes what the running shop should know of itself: the revision it is and the instance it is on.
set -euo pipefail
revision=$(cat "$(dirname "$0")/../.vendhost-revision")
instance=$(cat /var/lib/cloud/data/instance-id)
jq --null-input \
  --arg revision "$revision" \
  --arg deployment "$DEPLOYMENT_ID" \
  --arg group "$DEPLOYMENT_GROUP_NAME" \
  --arg instance "$instance" \
  '$ARGS.named' > /opt/shop/release.json
python3 -m compileall -q /opt/shop/app
