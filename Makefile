# Usher's commands. `make` alone lists them. Everything they make is under build/.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Arguments for the program that a target runs: make run ARGS='--http.listen=127.0.0.1:9090'
ARGS ?=

LINT := build/tools/golangci-lint
PLUGINS := $(notdir $(patsubst %/,%,$(wildcard plugins/bundled/*/)))
WASM := $(PLUGINS:%=build/plugins/%.wasm)

# A drill loads the machine, so it runs alone. Of them every change sees the great one; make drill has them all.
DRILLS := /tests/drills$$
# These compile whole guests again and again, drive browsers and processes of their own, or only compute, which takes many
# minutes under the race detector: of them it sees what runs concurrently alone.
GUESTS := /plugins(/kit|/module|/project.*)?$$|/core/(app|web/page|release/guard)$$|/tests/(arch|browser|conformance|e2e|examples|load|sdks)$$
RACING := Swap|Breaker|Bindings|NoTenant|WaitCounts|SafeMode|Watch|Reuse|TwoClicks|SIGTERM

# These do one thing a great many times, to see that memory stays flat and that much costs little, or compile what comes
# compiled. A change of what they look at calls for them, not every change.
SOAK := TestMemoryStaysFlat|TestWaysToFailLeaveMemoryFlat|TestLoadOutgoing|TestLongHistory|TestOutboxIsReadFromItsPlace|TestMemoryIsBoundedByTheSlots|TestRebuild|TestFunnelOfMany|TestQuick

# Packages that are tested at once: one more than there are processors, because many wait for a server or a browser.
AT_ONCE ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.PHONY: run
run: parts-run wasm ## start everything on this machine: Postgres, the host, the mail sink, the example plugins
	go build -o build/usher .
	@exec build/usher dev $(ARGS)

.PHONY: test
test: parts-test wasm ## run every check and every test (the first time compiles for some minutes)
	$(MAKE) --no-print-directory lint
	go test -vet=off -p $(AT_ONCE) -timeout 20m -skip '$(SOAK)' $$(go list ./... | grep -v -E '$(DRILLS)')
	go test -vet=off -timeout 15m -run TestRollout ./tests/drills
	@.ci/install left

.PHONY: bench
bench: parts-run wasm ## measure the whole pipeline against a real server process and Postgres
	go run ./tests/load $(ARGS)

.PHONY: bench-plugins
bench-plugins: ## measure a guest beside native Go, a webhook and Extism, on one core and on two
	go test -C tests/compare -run '^$$' -bench . -benchtime 5s $(ARGS)

.PHONY: drill
drill: parts-test ## rehearse rollouts and rollbacks on three replicas under load, and print what on-call would see
	go test -count 1 -v -timeout 15m ./tests/drills $(ARGS)

.PHONY: soak
soak: parts-test ## do what matters a great many times: memory stays flat, much costs little
	go test -count 1 -timeout 30m -run '$(SOAK)' ./plugins/... ./core/store ./core/identity ./tests/load

.PHONY: race
race: parts-test wasm ## run the tests under the race detector, which takes as long again (needs a C compiler)
	go test -vet=off -race -timeout 20m $$(go list ./... | grep -v -E '$(GUESTS)|$(DRILLS)')
	go test -vet=off -race -timeout 20m -run '$(RACING)' ./plugins ./tests/e2e

.PHONY: lint
lint: $(LINT) ## check layers, documentation, errors, formatting, and what go vet does
	$(LINT) run --allow-parallel-runners ./...

.PHONY: fmt
fmt: $(LINT) ## format the Go code
	$(LINT) fmt ./...

.PHONY: wasm
wasm: $(WASM) ## build plugins/bundled/* to build/plugins/*.wasm

.PHONY: page
page: ## build the pages from their source (needs Node; the result is committed)
	npm --prefix core/web/page/src ci
	npm --prefix core/web/page/src run build

.PHONY: engine
engine: ## compile the engine of plugins in TypeScript (needs clang and npm; the result is committed)
	go run ./plugins/project/quickjs/engine plugins/project/quickjs/engine.wasm

.PHONY: clean
clean: ## remove build/ (never data)
	rm -rf build

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: parts-run parts-test
parts-run:
	@.ci/install run
parts-test:
	@.ci/install test

# The linter is a program of its own module, so that its 200 dependencies are not the product's.
$(LINT): .ci/tools/go.mod .ci/tools/go.sum
	go build -C .ci/tools -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# A guest is built anew when its own folder, the contract, the Go SDK or the pinned modules changed.
.SECONDEXPANSION:
build/plugins/%.wasm: $$(shell find plugins/bundled/$$* -type f) $(wildcard hostapi/*.go) $(shell find sdk -name '*.go' 2>/dev/null) go.mod
	GOOS=wasip1 GOARCH=wasm go build -C plugins/bundled/$* -buildmode=c-shared -trimpath -ldflags='-s -w' -o $(CURDIR)/build/modules/$*.wasm .
	@mkdir -p $(@D)
	go run . plugin pack build/modules/$*.wasm --manifest plugins/bundled/$*/manifest.json -o $@
