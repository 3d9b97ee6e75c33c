# shellcheck shell=sh
# What a Debian 12 AMI has and the host may lack. Run as root inside an instance that stacks on the host's root.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Packages may be installed on the host while instances run: what dpkg keeps becomes the layer's own by being written to.
touch -c /var/lib/dpkg/status /var/lib/dpkg/diversions /var/lib/dpkg/statoverride /var/lib/dpkg/triggers/*

# shellcheck disable=SC2013 # user names have no spaces
for user in $(awk -F: '$3 >= 1000 && $3 < 60000 { print $1 }' /etc/passwd); do
  userdel --force "$user" 2>/dev/null || true
done
usermod -p '*' root

# Instances share the host's network: a daemon that a package starts would listen on the host's own addresses.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d

# Indexing the manual pages takes longer than installing a package, and nobody reads them here.
rm -f /var/lib/man-db/auto-update

apt-get -qq update
apt-get -qq install --yes --no-install-recommends \
  ca-certificates curl iproute2 jq openssh-client openssh-server procps python3 sudo unzip

groupadd --force --gid 1000 admin
useradd --uid 1000 --gid admin --create-home --shell /bin/bash admin
usermod -p '*' admin
printf 'admin ALL=(ALL) NOPASSWD:ALL\n' > /etc/sudoers.d/90-cloud-init-users
chmod 0440 /etc/sudoers.d/90-cloud-init-users

rm -f /etc/ssh/ssh_host_*
cat > /etc/ssh/sshd_config <<'CONFIG'
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM no
UseDNS no
StrictModes no
PasswordAuthentication no
PermitRootLogin no
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
CONFIG

rm -rf /var/lib/cloud /var/log/apt /var/log/dpkg.log
