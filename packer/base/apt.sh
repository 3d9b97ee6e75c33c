# shellcheck shell=bash
# apt for scripts: no questions, waits for the lock, reads the package lists once per bake.

apt_install() {
  if [ ! -e /run/vendhost-apt-updated ]; then
    apt-get --quiet --quiet -o DPkg::Lock::Timeout=300 update
    touch /run/vendhost-apt-updated
  fi
  apt-get --quiet --quiet -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"
}
