#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (5m unless told), one after the other; go
# uses all cores for one. A failing input is kept by go in the package's
# testdata/fuzz: commit it with the mend.
#
#   FUZZTIME=30s tools/fuzz.sh [FOLDER]    # FOLDER: only targets below it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0 found=0
while IFS=: read -r file name; do
  found=$((found + 1))
  echo "fuzzing $name in $(dirname "$file")"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-5m}" -fuzzminimizetime 10x "./$(dirname "$file")" </dev/null || failed=$((failed + 1))
done < <(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' "${1:-internal}" | sed 's/:func /:/' | sort)

echo "$found fuzz targets, $failed failed"
[ "$found" -gt 0 ] && [ "$failed" -eq 0 ]
