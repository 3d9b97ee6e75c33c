#!/bin/sh
# Downloads what the arguments name into a folder laid out like /usr/local. Without any it makes an empty one.
set -eu
target=$1
work=$(mktemp -d)
mkdir -p "$target/bin" "$target/lib/packer-plugins"

download() {
  node "$(dirname "$0")/download.mjs" "$1" "$2" "$3"
}

if [ -n "${PACKER_URL:-}${PACKER_PLUGIN_AMAZON_URL:-}" ] && ! command -v unzip >/dev/null; then
  apt-get update -qq
  apt-get install --yes -qq --no-install-recommends unzip
fi
if [ -n "${PACKER_URL:-}" ]; then
  download "$PACKER_URL" "${PACKER_SHA256:-}" "$work/packer.zip"
  unzip -q "$work/packer.zip" packer -d "$target/bin"
  "$target/bin/packer" version
fi
if [ -n "${PACKER_PLUGIN_AMAZON_URL:-}" ]; then
  if [ -z "${PACKER_URL:-}" ]; then
    echo 'PACKER_PLUGIN_AMAZON_URL needs PACKER_URL: Packer 1.6.6 of Debian has no plug-ins' >&2
    exit 1
  fi
  download "$PACKER_PLUGIN_AMAZON_URL" "${PACKER_PLUGIN_AMAZON_SHA256:-}" "$work/plugin.zip"
  unzip -q "$work/plugin.zip" -d "$work/plugin"
  PACKER_PLUGIN_PATH=$target/lib/packer-plugins CHECKPOINT_DISABLE=1 "$target/bin/packer" plugins install \
    --path "$(find "$work/plugin" -name 'packer-plugin-amazon_*')" github.com/hashicorp/amazon
fi
if [ -n "${SESSION_MANAGER_PLUGIN_URL:-}" ]; then
  download "$SESSION_MANAGER_PLUGIN_URL" "${SESSION_MANAGER_PLUGIN_SHA256:-}" "$work/session.deb"
  dpkg-deb --extract "$work/session.deb" "$work/session"
  install -m 755 "$work/session/usr/local/sessionmanagerplugin/bin/session-manager-plugin" "$target/bin/"
fi
rm -rf "$work"
