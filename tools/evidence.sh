#!/usr/bin/env bash
# Runs a command and writes what it said into docs/evidence/NAME-DATE.md, with
# all one needs to judge the figures: commit, machine, versions, raw output. A
# second run on the same day is added to the same file. The status is that of
# the command: a failed run is recorded too.
#
#   tools/evidence.sh bench go run ./test/load
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
[ $# -ge 2 ] || { echo "usage: tools/evidence.sh NAME CMD…" >&2; exit 2; }
name=$1
shift

commit() {
  local c
  c=$(git -c safe.directory='*' rev-parse --short=12 HEAD 2>/dev/null) || { echo "none"; return; }
  [ -z "$(git -c safe.directory='*' status --porcelain 2>/dev/null)" ] || c+=" with uncommitted changes"
  echo "$c"
}

postgres_version() {
  local p
  for p in /usr/lib/postgresql/*/bin/postgres; do
    [ -x "$p" ] && { "$p" --version; return; }
  done
  echo "none"
}

heading() {
  echo "## Run of $(date -u '+%Y-%m-%d %H:%M') UTC"
  echo
  echo "| | |"
  echo "|---|---|"
  echo "| Command | \`$*\` |"
  echo "| Commit | $(commit) |"
  echo "| Processor | $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores |"
  echo "| Memory | $(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo) |"
  echo "| Kernel | $(uname -sr) |"
  echo "| Go | $(go env GOVERSION) $(go env GOOS)/$(go env GOARCH) |"
  echo "| PostgreSQL | $(postgres_version) |"
  echo "| Load before | $(cut -d ' ' -f 1-3 /proc/loadavg) (1, 5, 15 minutes) |"
  echo
}

head_text=$(heading "$@")
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT
started=$SECONDS
"$@" </dev/null 2>&1 | tee "$raw"
rc=${PIPESTATUS[0]}
took=$((SECONDS - started))

mkdir -p docs/evidence
file="docs/evidence/$name-$(date -u +%F).md"
[ -e "$file" ] || printf '# %s, %s\n' "$name" "$(date -u +%F)" >"$file"
{
  printf '\n%s\n\n' "$head_text"
  printf 'Status %d after %d s. Raw output:\n\n' "$rc" "$took"
  # Indented, so that nothing in it can end the block; colours taken out.
  sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e 's/\r//g' -e 's/^/    /' -e 's/[[:space:]]*$//' "$raw"
} >>"$file"
echo "Recorded in $file"
exit "$rc"
