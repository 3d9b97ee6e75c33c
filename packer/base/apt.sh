# shellcheck shell=bash
# apt for scripts: no questions, waits for the lock, reads the package lists once per bake.

apt=(apt-get --quiet --quiet -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

apt_install() {
  if [ ! -e /run/vendhost-apt-updated ]; then
    "${apt[@]}" update
    touch /run/vendhost-apt-updated
  fi
  "${apt[@]}" install --yes --no-install-recommends "$@"
}
