#!/bin/sh
# 2>&1 keeps the order of a script's lines.
exec sudo -E bash /tmp/vendhost/base/base.sh 2>&1
