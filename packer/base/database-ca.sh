#!/usr/bin/env bash
# Puts the certificates that RDS's are signed with where /etc/vendhost/host.json says they are, for software that verifies its database.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
set -euo pipefail
: "${VENDHOST_RDS_CA_URL:?the address of the bundle}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packer/base/apt.sh
. "$here/apt.sh"
# shellcheck source=packer/base/download.sh
. "$here/download.sh"

file=${VENDHOST_RDS_CA_FILE:-/etc/vendhost/rds-ca.pem}
command -v curl > /dev/null || apt_install ca-certificates curl
mkdir -p "$(dirname "$file")"
download "$VENDHOST_RDS_CA_URL" "$file.new"
if ! grep -q -- '-----BEGIN CERTIFICATE-----' "$file.new"; then
  echo "database-ca.sh: no certificate at $VENDHOST_RDS_CA_URL" >&2
  exit 1
fi
chmod 0644 "$file.new"
mv "$file.new" "$file"
echo "RDS certificates: $(grep -c -- '-----BEGIN CERTIFICATE-----' "$file")"
