# Serverledge. `make` shows what there is to make.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
STATIC  := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'
TOOL    := $(GO) tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help build images demo test race lint fmt fuzz bench check clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/serverledge, bin/serverledge-cli and bin/executor
	@mkdir -p bin
	$(STATIC) -o bin/serverledge ./cmd/serverledge
	$(STATIC) -o bin/serverledge-cli ./cmd/serverledge-cli
	$(STATIC) -o bin/executor ./cmd/executor

images: build ## build the runtime images for Docker, from Debian packages when no registry answers
	runtimes/images/build.sh

demo: ## build everything, start a node, run functions and workflows, stop
	@./tools/demo.sh

test: build ## run all tests (those that need Docker are skipped, with the reason, when none answers)
	@./tools/test.sh $(GO)

# where goroutines meet; the race detector needs cgo
RACY := ./engine ./pool ./pool/ledger ./pool/channel ./offload/... ./api/client ./api/server ./functions/pack ./dag/value ./store/objects/...

race: ## run the tests of what is concurrent with the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 15m $(RACY)

lint: ## check the style with golangci-lint
	$(TOOL) golangci-lint run ./...

fmt: ## format the code
	$(TOOL) goimports -local github.com/serverledge/serverledge -w $$(git ls-files '*.go')

fuzz: ## fuzz the parsers and the kernel for a minute each
	@./tools/fuzz.sh $(GO)

bench: build ## print the table of benchmarks, each figure with its reference of the same run
	$(GO) run ./internal/bench

check: build lint ## what CI runs: build, lint, vet, test, race; and the tree must be clean after it
	$(GO) vet ./...
	$(MAKE) test
	$(MAKE) race
	$(GO) mod tidy -diff
	git diff --exit-code

clean: ## remove what make has made
	rm -rf bin
