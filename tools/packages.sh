# shellcheck shell=bash
# What checks need of the system, installed where it is missing. For use by
# .ci/run and tools/soak.sh.

# system_packages NAME… installs the Debian packages that are missing.
system_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "No apt-get here. Please see to it yourself that these Debian packages have their like: $*"
    return
  fi
  local missing=() p
  for p in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "All there."
    return
  fi
  echo "Missing: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    echo "Please install them: sudo apt-get install --no-install-recommends ${missing[*]}"
    return 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  retry apt-get update -q
  without_starting_services retry apt-get install -yq --no-install-recommends "${missing[@]}"
}

# retry CMD… tries three times: package mirrors have bad moments.
retry() {
  local n
  for n in 1 2 3; do
    "$@" && return
    echo "Attempt $n failed: $*"
    sleep $((n * 5))
  done
  return 1
}

# without_starting_services CMD… keeps freshly installed servers from taking
# ports: the tests start their own.
without_starting_services() {
  local policy=/usr/sbin/policy-rc.d rc=0
  [ -e "$policy" ] && { "$@"; return; }
  printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  "$@" || rc=$?
  rm -f "$policy"
  return "$rc"
}
