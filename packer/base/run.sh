#!/usr/bin/env bash
# Runs one of the tenant's scripts as root in its folder: by the interpreter it names, else by bash.
set -euo pipefail
script=$1
cd /tmp/vendhost/infrastructure
command=(bash "$script")
if [ "$(head -c 2 "$script")" = '#!' ]; then
  chmod +x "$script"
  command=("./$script")
fi

# Processes that have this script's output, which is the connection's; not who asks, whose own outputs are others.
holders() {
  exec 2> /dev/null
  # It fails for each process that has ended meanwhile.
  { find -L /proc/[0-9]*/fd -maxdepth 1 -samefile "/proc/$$/fd/1" || true; } | cut --delimiter / --fields 3 | sort --unique
}

# Those that were not there before.
left() {
  exec 2> /dev/null
  comm -13 <(echo "$before") <(holders)
}

before=$(holders)
code=0
"${command[@]}" || code=$?

# A process that the script leaves behind with its output would keep the connection open, and with it the bake.
for signal in TERM KILL; do
  pids=$(left)
  [ -n "$pids" ] || break
  echo "$script left processes behind that keep its output open: they are ended ($signal); to keep one, add > FILE 2>&1 before the &"
  # shellcheck disable=SC2086
  kill -s "$signal" $pids || true
  for _ in {1..50}; do
    [ -n "$(left)" ] || break
    sleep 0.1
  done
done
exit "$code"
