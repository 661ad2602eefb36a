# shellcheck shell=bash
# Runs named steps one after the other and says at the end which failed. To be
# sourced by .ci/run and tools/soak.sh from the module's root.
#
#   step "race tests" some_function_or_command …
#   together "one" function_or_command "another" function_or_command
#   finish      # summary; status 1 if a step failed
#
# A step that fails does not stop the next one, so that one run shows all there
# is to mend. Its output is shown as it comes and once more at the end.

steps_dir=$(mktemp -d)
trap 'rm -rf "$steps_dir"' EXIT
steps_summary=()
steps_failed=()
SECONDS=0 # counted by bash itself: seconds since here

# step NAME CMD… runs CMD with a timing line before and after it.
step() {
  local name=$1 rc started=$SECONDS
  shift
  local log="$steps_dir/${#steps_summary[@]}.log"
  printf '\n=== %s (at %s)\n' "$name" "$(clock "$started")"
  # In a subshell with set -e, so that a step which is a function ends at its
  # first error.
  (
    set -euo pipefail
    "$@"
  ) </dev/null 2>&1 | tee "$log"
  rc=${PIPESTATUS[0]}
  ended "$name" "$rc" "$((SECONDS - started))" "$log"
}

# together NAME CMD NAME CMD… runs steps at the same time; each CMD is one word.
# What they print is shown when all have ended, one after the other.
together() {
  local -a names=() logs=()
  local started=$SECONDS log rc seconds i
  while [ $# -gt 0 ]; do
    log="$steps_dir/${#steps_summary[@]}.${#logs[@]}.log"
    names+=("$1") logs+=("$log")
    (
      (
        set -euo pipefail
        "$2"
      ) </dev/null >"$log" 2>&1
      echo "$? $((SECONDS - started))" >"$log.end"
    ) &
    shift 2
  done
  printf '\n=== at the same time (at %s)\n' "$(clock "$started")"
  printf '    %s\n' "${names[@]}"
  wait
  for i in "${!names[@]}"; do
    printf '\n=== %s\n' "${names[i]}"
    cat "${logs[i]}"
    read -r rc seconds <"${logs[i]}.end"
    ended "${names[i]}" "$rc" "$seconds" "${logs[i]}"
  done
}

# ended NAME STATUS SECONDS LOG notes how a step ended.
ended() {
  local took
  took=$(clock "$3")
  if [ "$2" -eq 0 ]; then
    printf -- '--- ok: %s (%s)\n' "$1" "$took"
    steps_summary+=("ok    $took  $1")
  else
    printf -- '--- FAILED: %s (%s, status %s)\n' "$1" "$took" "$2"
    steps_summary+=("FAIL  $took  $1")
    steps_failed+=("$1|$4")
  fi
}

# finish prints what failed and the summary, and returns 1 if a step failed.
finish() {
  local entry
  for entry in "${steps_failed[@]}"; do
    printf '\n=== output of the failed step: %s (last 200 lines)\n' "${entry%|*}"
    tail -n 200 "${entry##*|}"
  done
  printf '\n=== summary\n'
  printf '%s\n' "${steps_summary[@]}"
  printf 'total %s, %d steps, %d failed\n' \
    "$(clock "$SECONDS")" "${#steps_summary[@]}" "${#steps_failed[@]}"
  [ "${#steps_failed[@]}" -eq 0 ]
}

# clock SECONDS prints minutes and seconds.
clock() { printf '%2d:%02d' $(($1 / 60)) $(($1 % 60)); }

# must_test CMD… runs a test command and fails also if it ran no test at all: go
# and node both call an empty folder a success.
must_test() {
  local log
  log=$(mktemp -p "$steps_dir")
  "$@" 2>&1 | tee "$log"
  if grep -qE 'no test files|no tests to run|^# tests 0$|^ℹ tests 0$' "$log"; then
    echo "no test ran: $*"
    return 1
  fi
}
