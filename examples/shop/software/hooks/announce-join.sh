#!/usr/bin/env bash
# After the load balancer sends requests again.
set -euo pipefail
echo "$(date --utc +%FT%TZ) serves with deployment ${DEPLOYMENT_ID}" >> /var/log/shop/traffic.log
