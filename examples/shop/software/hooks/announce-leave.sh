#!/usr/bin/env bash
# Before the load balancer stops sending requests: the log says why they end.
set -euo pipefail
echo "$(date --utc +%FT%TZ) leaves the load balancer for deployment ${DEPLOYMENT_ID}" >> /var/log/shop/traffic.log
