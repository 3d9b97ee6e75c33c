#!/usr/bin/env bash
# Makes the table of the orders, if it is not there, and starts the shop on the instance's own address.
set -euo pipefail
address=$(jq --raw-output '.ds.meta_data["local-ipv4"] // .ds.meta_data["local_ipv4"] // "0.0.0.0"' \
  /run/cloud-init/instance-data.json)
cd /opt/shop/app
runuser --user shop -- python3 orders.py
start-stop-daemon --start --background --make-pidfile --pidfile /run/shop.pid \
  --chuid shop:shop --chdir /opt/shop/app --output /var/log/shop/shop.log \
  --startas /usr/bin/gunicorn -- --bind "${address}:8080" --workers 1 --threads 8 --access-logfile - shop:app
echo "http://${address}:8080" > /opt/shop/address
