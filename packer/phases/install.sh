#!/bin/sh
exec sudo -E bash /tmp/vendhost/base/run.sh install.sh 2>&1
