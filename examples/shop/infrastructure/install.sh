#!/usr/bin/env bash
# What a shop instance needs before its first release: Flask and a server for it, AWS's SDK and a MySQL client, a user, and folders of
# that user.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet --quiet install --yes --no-install-recommends \
  gunicorn python3-boto3 python3-flask python3-pymysql

getent passwd shop > /dev/null || useradd --system --home-dir /opt/shop --shell /usr/sbin/nologin shop
install --directory --owner shop --group shop /opt/shop /var/log/shop

python3 -c 'import boto3, flask, gunicorn, pymysql; print("Flask", flask.__version__, "on gunicorn", gunicorn.__version__)'
