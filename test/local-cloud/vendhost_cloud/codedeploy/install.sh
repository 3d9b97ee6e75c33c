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
# The agent's work is done by the local cloud's CodeDeploy service; it only has to be there.
case ${1:-status} in
  start | restart | status) echo 'The AWS CodeDeploy agent is running as PID 1' ;;
  stop) echo 'The local cloud cannot stop the agent' >&2; exit 1 ;;
  *) echo 'Use: codedeploy-agent start|restart|status' >&2; exit 1 ;;
esac
AGENT
chmod 0755 "$home/bin/codedeploy-agent"
printf 'agent_version: %s\n' "$version" > "$home/.version"
echo "codedeploy-agent $version installed in $home"
