# weir: everything a person or CI calls. `make help` lists it.
SHELL := /bin/bash
GO ?= go
BIN := bin/weir
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
LINT_VERSION := v2.15.0
GOBIN := $(shell $(GO) env GOPATH)/bin

export CGO_ENABLED := 0
# Random tests draw the same cases every time, so that a change is judged by what it changed; RAPID_SEED=0 draws others.
export RAPID_SEED ?= 1

.PHONY: help demo build test conformance race test-kafka test-hybrid test-redis lint bench fuzz cross clean test-python test-snippets test-tmux wasm-guest

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: build ## preview, run as a stream and as a batch, compare
	./$(BIN) demo

build: ## build bin/weir
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/weir

test: ## all tests that need no service
	$(GO) vet ./...
	$(GO) test ./...
	@$(GO) test -count=1 . # the arrows: they look at files that the test cache does not see

race: ## the race detector on the packages with goroutines
	CGO_ENABLED=1 $(GO) test -race -short ./exec/runtime/... ./exec/op/... ./exec/state/... ./connectors/... ./session/...

conformance: ## record the answers of the recorded cases anew, with a real Flink (FLINK_ORACLE=folder with its run.sh; ONLY=how ids begin)
	@test -x "$(FLINK_ORACLE)/run.sh" || { echo "FLINK_ORACLE must name the folder of a program run.sh that answers cases with Apache Flink 2.2"; exit 2; }
	$(GO) test ./session/sqltest/flink -count=1 -timeout 120m -run 'TestFlink$$' -oracle "$$(cd "$(FLINK_ORACLE)" && pwd)/run.sh" -again -only "$(ONLY)"

PYTHON ?= python3
test-python: ## the tests of functions in Python (needs python3 with pyarrow; PYTHON=… names one)
	WEIR_PYTHON=$(PYTHON) $(GO) test -count=1 -tags python ./exec/udf ./cmd/weir -run 'Python'

test-snippets: ## the CI snippets of docs/pull-requests.md, as they stand (needs git, bash, curl and jq)
	$(GO) test -count=1 -tags snippets ./cmd/weir -run 'Snippet'

wasm-guest: ## the WebAssembly functions of the tests are what their source says (needs wabt)
	@mkdir -p bin
	wat2wasm exec/udf/wasm/testdata/guest.wat -o bin/guest.wasm
	cmp bin/guest.wasm exec/udf/wasm/testdata/guest.wasm

test-tmux: ## a journey through the workbench in a real terminal (Debian: apt-get install tmux)
	$(GO) test -count=1 ./cmd/weir -tags tmux -run Tmux -v

test-kafka: ## the Kafka tests against a real Apache Kafka (needs Java 17 and Maven)
	./connectors/kafka/realbroker/run.sh

SPLITS ?= 10000
test-hybrid: ## 10,000 random splits of rows between files and the embedded Kafka, killed and restored (SPLITS=…)
	$(GO) test -count=1 -timeout 60m -v ./session -run TestHybridKafka -args -splits $(SPLITS)

test-redis: ## the Redis tests against a real redis-server (Debian: apt-get install redis-server)
	./connectors/redis/realserver/run.sh

lint: $(GOBIN)/golangci-lint ## golangci-lint, version pinned
	$(GOBIN)/golangci-lint run ./...

$(GOBIN)/golangci-lint:
	$(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

EVENTS ?= 10000000
SOURCE ?= generator

bench: build ## the benchmarks of docs/performance.md, Nexmark last (EVENTS=… SOURCE=generator|file|kafka)
	$(GO) test -run '^$$' -bench . -benchmem ./...
	./$(BIN) bench nexmark --events $(EVENTS) --source $(SOURCE)

FUZZ := planner/syntax:FuzzParse planner/bind:FuzzScript planner:FuzzPlan connectors/format/json:FuzzDecode \
  connectors/format/csv:FuzzDecode exec/state:FuzzDecode exec/vec:FuzzDecode topology:FuzzHostileText topology:FuzzParseOverlay session/sqltest/grammar:FuzzStatements
FUZZTIME ?= 20s

fuzz: ## every fuzz target for 20 s (FUZZTIME=…)
	@for t in $(FUZZ); do echo "== $$t"; \
	  $(GO) test -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime $(FUZZTIME) "./$${t%%:*}" || exit 1; done

cross: ## build for linux, macOS and Windows
	@for p in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do \
	  echo $$p; GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -o /dev/null ./cmd/weir || exit 1; done

clean: ## remove what the targets made
	rm -rf bin weir-demo
