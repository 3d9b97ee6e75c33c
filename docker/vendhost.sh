#!/bin/sh
# The command of the image. A push starts from a snapshot of Node that has loaded all of it (docker/snapshot/); anything else, and what is to
# run with options for Node, starts from the files.
if [ "${1-} ${2-}" = "revision push" ] && [ -z "${NODE_OPTIONS-}" ]; then
  # The Node that it was made with, whatever PATH says: no other takes it. What a push allocates is soon of no use: 10 MiB less. Threads
  # that allocate from one arena of glibc leave less of it unused: 7 MiB less.
  MALLOC_ARENA_MAX=1 exec /opt/vendhost/node --max-semi-space-size=2 --snapshot-blob /opt/vendhost/push.blob /opt/vendhost/bin/vendhost.js "$@"
fi
exec /opt/vendhost/bin/vendhost.js "$@"
