#!/usr/bin/env bash
# The demo in a privileged container; the checkout, mounted at /src, is only read. Arguments are the demo's (docs/demo.md).
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p /demo
# node_modules of the host may be another system's, and its .cache has paths of the host in it.
tar --directory "$source" --exclude=./node_modules --exclude=./.cache --create . |
  tar --directory /demo --extract --no-same-owner
cd /demo
npm ci --no-audit --no-fund
exec npm run demo -- "$@"
