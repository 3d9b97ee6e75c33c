#!/usr/bin/env bash
# What a shop instance needs before its first release: Flask, a server for it, a user, and folders of that user.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet --quiet install --yes --no-install-recommends gunicorn python3-flask

getent passwd shop > /dev/null || useradd --system --home-dir /opt/shop --shell /usr/sbin/nologin shop
install --directory --owner shop --group shop /opt/shop /var/log/shop

python3 -c 'import flask, gunicorn; print("Flask", flask.__version__, "on gunicorn", gunicorn.__version__)'
