# shellcheck shell=bash
# apt for scripts: no questions, reads the package lists once per bake. base.sh has it wait for the lock.

apt=(apt-get --quiet --quiet -o Dpkg::Use-Pty=0)

apt_install() {
  if [ ! -e /run/vendhost-apt-updated ]; then
    "${apt[@]}" update
    touch /run/vendhost-apt-updated
  fi
  "${apt[@]}" install --yes --no-install-recommends "$@"
}
