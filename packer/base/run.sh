#!/usr/bin/env bash
# Runs one of the tenant's scripts as root in its folder, if it is there: by the interpreter it names, else by bash.
set -euo pipefail
script=$1
cd /tmp/vendhost/infrastructure
[ -e "$script" ] || exit 0
# Tells the command which script the lines that follow are of.
echo "vendhost-phase: $script"
if [ "$(head -c 2 "$script")" = '#!' ]; then
  chmod +x "$script"
  exec "./$script" 2>&1
fi
exec bash "$script" 2>&1
