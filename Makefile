# The commands of this project. `make help` says what each does.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN     := bin/sori
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.14.0

.DEFAULT_GOAL := help
.PHONY: help build run test test-race test-mongo lint generate verify bench fuzz clean

help: ## say what the commands do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 14

build: ## build bin/sori
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) .

run: build ## build and start with the embedded store on :8080, with generated secrets and an admin token
	SORI_DEV=1 $(BIN) serve

test: ## run all tests that need nothing but Go
	$(GO) vet ./...
	$(GO) test ./...

test-race: ## run them under the race detector
	$(GO) test -race ./...

test-mongo: ## run the storage suite and the stories on MongoDB (a test server is installed and started, or SORI_TEST_MONGO_URI)
	scripts/mongo-test-server.sh $(GO) test -count=1 ./adapters/mongostore/... .

lint: ## lint, with the exceptions and their reasons in .golangci.yml
	$(GO) run $(GOLANGCI) run ./...

generate: ## generate the REST types from openapi.yaml and the GraphQL server from graph/schema
	$(GO) generate ./...

verify: generate ## fail if generated code is not what it would be
	git diff --exit-code

bench: build ## fill a store and measure whole paths over HTTP
	$(BIN) bench fill --inquiries 20000 --dir ./var/bench
	$(BIN) bench run --dir ./var/bench

fuzz: ## fuzz what parses, ten seconds each
	scripts/fuzz.sh 10s

clean: ## remove what was built
	rm -rf bin
