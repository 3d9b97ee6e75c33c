#!/usr/bin/env bash
# Ends the shop if it runs; a first deployment finds nothing to stop.
set -euo pipefail
start-stop-daemon --stop --oknodo --retry TERM/15/KILL/5 --remove-pidfile --pidfile /run/shop.pid
