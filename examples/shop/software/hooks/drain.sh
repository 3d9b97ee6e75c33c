#!/usr/bin/env bash
# The load balancer sends nothing new: let requests in flight finish, at most 20 seconds.
set -euo pipefail
for _ in $(seq 20); do
  open=$(ss --no-header --tcp state established '( sport = :8080 )' | wc -l)
  [ "$open" -eq 0 ] && exit 0
  echo "${open} requests in flight"
  sleep 1
done
echo "requests still open after 20 s: stopping anyway"
