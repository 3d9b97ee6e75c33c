#!/usr/bin/env bash
# Files that the last revision had and this one has not must not stay behind.
set -euo pipefail
rm -rf /opt/shop/app
