# Lotse. `make help` lists what there is; `make check` is exactly what CI runs.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION ?= $(shell git -c safe.directory='*' describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 5m
LOAD ?=

TOOL := go tool -modfile=tools/go.mod
export LOTSE_BIN := $(CURDIR)/build/lotse

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | \
		while IFS='|' read -r t d; do printf '  %-15s %s\n' "$$t" "$$d"; done

# ── building ──────────────────────────────────────────────────────────────────

.PHONY: build
build: ## build/lotse: one static binary
	CGO_ENABLED=0 go build -buildvcs=false \
		-ldflags '-s -w -X main.version=$(VERSION)' -o build/lotse ./cmd/lotse

.PHONY: generate
generate: ## turn .templ files and the API's document into Go; the result is committed
	$(TOOL) templ generate -path internal
	go test ./internal/api -run TestDocumentIsCheckedIn -update
	go -C tools run ./apiclient ../docs/api/openapi.json ../client

.PHONY: fmt
fmt: ## format Go and templ files
	gofmt -w client cmd internal test tools
	$(TOOL) templ fmt internal

.PHONY: clean
clean: ## remove what was built
	rm -rf build

# ── checking ──────────────────────────────────────────────────────────────────

.PHONY: check
check: ## everything CI runs; installs what it needs if root
	@bash .ci/run

.PHONY: test
test: ## all Go tests on both databases
	go test ./...

.PHONY: test-sqlite
test-sqlite: ## all Go tests on SQLite
	LOTSE_TEST_DATABASES=sqlite go test ./...

.PHONY: test-postgres
test-postgres: ## all Go tests on PostgreSQL
	LOTSE_TEST_DATABASES=postgres go test ./...

.PHONY: crash
crash: build ## kill the server twice while mail comes in, and count
	go test -tags crash -count=1 -timeout 5m -v ./test/crash -run . -crash.kills=2 -crash.mails=200

.PHONY: peers
peers: build ## talk to a real mail server
	go test -tags peers -count=1 -timeout 5m -v ./test/peers ./internal/channel/email/imap

.PHONY: browser
browser: build ## browser tests, with and without JavaScript
	[ -d test/browser/node_modules ] || npm --prefix test/browser ci --no-audit --no-fund
	cd test/browser && npm test

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	FUZZTIME=$(FUZZTIME) tools/fuzz.sh

# ── before an issue is called done ────────────────────────────────────────────

.PHONY: soak
soak: ## the long checks, recorded in docs/evidence
	FUZZTIME=$(FUZZTIME) tools/evidence.sh soak tools/soak.sh

.PHONY: bench
bench: build ## the figures, recorded in docs/evidence (LOAD: flags for test/load)
	tools/evidence.sh bench go run ./test/load $(LOAD)
