#!/bin/sh
# setfacl, semanage or restorecon, by the name it is called by: writes down how, and refuses what the real one would.
name=$(basename "$0")
echo "$name" "$@" >> "$COMMANDS"
case $name in
  setfacl) shift 2 ;;
  restorecon) shift ;;
  semanage)
    shift 2
    while case ${1-} in -*) true ;; *) false ;; esac; do shift 2; done
    [ $# = 1 ] || exit 2
    exit 0
    ;;
esac
for path; do [ -e "$path" ] || exit 1; done
