# Every target is one line that also runs by hand. `make run` is where to start.

.PHONY: run build static test race e2e fuzz lint conformance docs bench cover demo check clean help

run: ## install what is missing, build, start
	scripts/install-run
	@$(MAKE) --no-print-directory build
	bin/confab serve $(ARGS)

build: ## bin/confab
	CGO_ENABLED=0 go build -trimpath -o bin/confab ./cmd/confab

static: ## bin/confab for systems without glibc: statically linked, without Opus and AMR-WB
	CGO_ENABLED=0 go build -tags noopus -trimpath -o bin/confab ./cmd/confab

test: ## all tests, with the tools they use
	scripts/install-test
	scripts/test

race: ## the tests that need no outside tool
	go test -race -shuffle=on ./...

e2e: ## the binary against real phones
	scripts/install-test
	scripts/test -count=1 ./test/e2e/...

fuzz: ## each fuzz target for FUZZTIME (20s)
	scripts/fuzz $(FUZZTIME)

lint: ## gofmt, vet, staticcheck, tidy, known vulnerabilities
	scripts/lint

docs: conformance ## the generated parts of docs/
	go test ./internal/confab -run TestConfigurationPage -update-docs

conformance: ## docs/conformance.md: clause, code, test
	go run ./test/conformance

bench: build ## load scenarios and what they cost
	bin/confab bench $(ARGS)

cover: ## test coverage, in all
	go test -coverprofile=coverage.out ./... && go tool cover -func=coverage.out | tail -1

demo: build ## a team meeting on this machine, drawn as it happens
	bin/confab demo $(ARGS)

check: lint test ## what must pass before a change goes in

clean: ## what was built; not data/
	rm -rf bin coverage.out

help: ## this list
	@grep -hE '^[a-z0-9]+:.*##' Makefile | sed -E 's/:[^#]*## /	/' | expand -t 14
