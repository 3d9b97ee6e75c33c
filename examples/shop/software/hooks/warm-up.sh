#!/usr/bin/env bash
# The first customer should not pay for template compilation.
set -euo pipefail
address=$(cat /opt/shop/address)
for page in / /product/storm /orders; do
  curl --silent --show-error --fail --max-time 10 --output /dev/null "${address}${page}"
done
