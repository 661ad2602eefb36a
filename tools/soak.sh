#!/usr/bin/env bash
# The long checks, before an issue is called done: ten kills, all hostile strings
# (and those of the folder LOTSE_HOSTILE, if it is set), the full browser
# matrix, every fuzz target for FUZZTIME (5m unless told). Run by `make soak`,
# which records the output in docs/evidence.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

export GOFLAGS="-buildvcs=false ${GOFLAGS:-}"
export LOTSE_BIN="$PWD/build/lotse"
. tools/steps.sh
. tools/packages.sh

crash() {
  must_test go test -tags crash -count=1 -timeout 60m ./test/crash -run . -crash.kills=10 -crash.mails=2000 -crash.sends=2000
}

peers() { SOAK=1 must_test go test -tags peers,scanners -count=1 -timeout 30m ./test/peers ./internal/channel/email/imap; }

browser() {
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --prefix test/browser ci --no-audit --no-fund
  cd test/browser
  SOAK=1 must_test node --test --test-concurrency=2
}

hostile() { SOAK=1 LOTSE_TEST_DATABASES=sqlite must_test go test -count=1 -timeout 60m ./internal/web/portal -run Hostile; }

whole() { LOTSE_TEST_DATABASES=sqlite must_test go test -race -count=1 -timeout 30m ./internal/...; }

step "system packages" system_packages chromium clamav-daemon rspamd # besides those of .ci/run
step "build" make --no-print-directory build
step "crash: 10 kills, 2,000 mails" crash
step "real mail server" peers
step "the whole program, race detector" whole
step "hostile strings, all of them" hostile
step "browser, full matrix" browser
step "fuzzing, ${FUZZTIME:-5m} each" tools/fuzz.sh
finish
