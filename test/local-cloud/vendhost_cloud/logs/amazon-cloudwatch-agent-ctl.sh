#!/bin/sh
# Plays the real one's actions that Vendhost uses: -a append-config -m ec2 [-s] -c file:FILE, and -a start|stop|status.
set -eu
home=/opt/aws/amazon-cloudwatch-agent
configs=$home/etc/amazon-cloudwatch-agent.d
unit=/etc/systemd/system/multi-user.target.wants/amazon-cloudwatch-agent.service
pid=/run/amazon-cloudwatch-agent.pid

action='' config='' start=''
while getopts a:m:c:s option; do
  case $option in
    a) action=$OPTARG ;;
    m) [ "$OPTARG" = ec2 ] || { echo "the local cloud's agent knows the mode ec2 only" >&2; exit 1; } ;;
    c) config=$OPTARG ;;
    s) start=1 ;;
    *) exit 1 ;;
  esac
done

running() { [ -s "$pid" ] && kill -0 "$(cat "$pid")" 2> /dev/null; }
stop() {
  if running; then
    kill "$(cat "$pid")"
    while running; do sleep 0.1; done
  fi
  rm -f "$pid"
}
start() {
  mkdir -p "$home/logs/state" "${unit%/*}"
  # As systemd does: it runs at every boot.
  ln -sf /etc/systemd/system/amazon-cloudwatch-agent.service "$unit"
  setsid "$home/bin/amazon-cloudwatch-agent" "$configs" < /dev/null >> "$home/logs/amazon-cloudwatch-agent.log" 2>&1 &
  echo $! > "$pid"
}

case $action in
  append-config)
    file=${config#file:}
    "$home/bin/amazon-cloudwatch-agent" --check "$file"
    mkdir -p "$configs"
    cp "$file" "$configs/file_${file##*/}"
    if [ -n "$start" ]; then stop; start; fi
    ;;
  start) running || start ;;
  stop) stop; rm -f "$unit" ;;
  status) if running; then echo '{ "status": "running" }'; else echo '{ "status": "stopped" }'; fi ;;
  *) echo "the local cloud's agent does not know the action $action" >&2; exit 1 ;;
esac
