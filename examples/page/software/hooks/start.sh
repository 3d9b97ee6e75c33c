#!/usr/bin/env bash
# Starts a web server that the source AMI has, on the port that the platform gives. From then on it serves whatever a release brings.
set -euo pipefail
cp "$(dirname "$0")/../.vendhost-revision" /srv/page/revision.txt
port=$(python3 -c 'import json; print(json.load(open("/etc/vendhost/host.json"))["port"])')
start-stop-daemon --start --oknodo --background --make-pidfile --pidfile /run/page.pid --chuid www-data --startas /usr/bin/python3 -- \
  -m http.server "$port" --bind "$(hostname --ip-address)" --directory /srv/page
