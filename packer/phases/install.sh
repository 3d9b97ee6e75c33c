#!/bin/sh
# -E for the variables of the bake; -H because the home of root is not that of who connects.
exec sudo -E -H bash /tmp/vendhost/base/run.sh install.sh 2>&1
