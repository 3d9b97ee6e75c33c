# shellcheck shell=bash
# curl repeats what a server that is busy answers (--retry), not a connection that breaks: its --retry-all-errors is of 7.71, Ubuntu
# 20.04 has 7.68. Exit codes: https://curl.se/docs/manpage.html#EXIT (partial file, TLS handshake, empty answer, failure to receive, HTTP/2 stream)

# download URL FILE
download() {
  local attempt code
  for attempt in 1 2 3 4 5; do
    code=0
    curl --fail --silent --show-error --location --retry 5 --retry-connrefused --output "$2" "$1" || code=$?
    case $code in
      18 | 35 | 52 | 56 | 92) sleep "$attempt" ;;
      *) break ;;
    esac
  done
  return "$code"
}
