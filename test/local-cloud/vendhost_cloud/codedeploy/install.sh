#!/bin/sh
# Installs the CodeDeploy agent of the local cloud: the mark by which its CodeDeploy service knows that an instance
# takes part, and the command to ask for its state. Use: install [--sanity-check] (auto|deb|rpm).
set -eu

usage() {
  echo 'Use: install [--sanity-check] [--proxy http://hostname:port] (auto|rpm|deb) | install -v' >&2
}

version=OFFICIAL_1.8.1-local
kind=
while [ "$#" -gt 0 ]; do
  case $1 in
    auto | deb | rpm) kind=$1 ;;
    --sanity-check) ;;
    --proxy) shift ;;
    -v | --version) echo "$version"; exit 0 ;;
    *) usage; exit 1 ;;
  esac
  shift
done
if [ -z "$kind" ]; then
  usage
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo 'Must run as root to install packages' >&2
  exit 1
fi

home=/opt/codedeploy-agent
mkdir -p "$home/bin" "$home/deployment-root" /etc/codedeploy-agent/conf /var/log/aws/codedeploy-agent
cat > "$home/bin/codedeploy-agent" <<'AGENT'
#!/bin/sh
# The agent's work is done by the local cloud's CodeDeploy service, on instances that have this mark. /run is empty at boot.
mark=/run/codedeploy-agent.started
case ${1:-status} in
  start | restart) touch "$mark" ;;
  stop) rm -f "$mark" ;;
  status) ;;
  *) echo 'Use: codedeploy-agent start|stop|restart|status' >&2; exit 1 ;;
esac
if [ -e "$mark" ]; then
  echo 'The AWS CodeDeploy agent is running as PID 1'
else
  echo 'No AWS CodeDeploy agent running'
fi
AGENT
chmod 0755 "$home/bin/codedeploy-agent"

# Instances have no systemd. This is its part for the agent, whose unit the package enables and starts.
unit=/lib/systemd/system/codedeploy-agent.service
cat > "$unit" <<'UNIT'
[Service]
ExecStart=/opt/codedeploy-agent/bin/codedeploy-agent start
[Install]
WantedBy=multi-user.target
UNIT
cat > /usr/local/bin/systemctl <<'SYSTEMCTL'
#!/bin/sh
agent=/opt/codedeploy-agent/bin/codedeploy-agent
link=/etc/systemd/system/multi-user.target.wants/codedeploy-agent.service
case "$*" in
  'enable codedeploy-agent') mkdir -p "${link%/*}" && ln -sf /lib/systemd/system/codedeploy-agent.service "$link" ;;
  'disable codedeploy-agent') rm -f "$link" ;;
  'enable --now codedeploy-agent') "$0" enable codedeploy-agent && exec "$agent" start ;;
  'start codedeploy-agent' | 'stop codedeploy-agent' | 'restart codedeploy-agent') exec "$agent" "$1" ;;
  *) echo "the local cloud has no systemd: systemctl $*" >&2; exit 1 ;;
esac
SYSTEMCTL
chmod 0755 /usr/local/bin/systemctl
systemctl enable --now codedeploy-agent > /dev/null
printf 'agent_version: %s\n' "$version" > "$home/.version"
echo "codedeploy-agent $version installed in $home"
