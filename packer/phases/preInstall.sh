#!/bin/sh
exec sudo -E bash /tmp/vendhost/base/run.sh preInstall.sh 2>&1
