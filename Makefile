# make run   builds what changed and starts the demo
# make test  runs every check and every test
# The rest is listed by make help.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

app_sources := $(shell find app ui -type f -not -path '*/node_modules/*' -not -path 'app/dist/*' -not -path 'app/src/core/*.gen.*' -not -name '*.go' 2>/dev/null)

# The app carries the core, which is Go.
core_sources := $(shell find otp seal transfer internal/authenticator cmd/core-wasm -name '*.go' -not -name '*_test.go' 2>/dev/null) cmd/core-wasm/build.sh

.PHONY: help
help: ## say what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-12s %s\n", $$1, $$2 }'

.PHONY: run
run: build ## build and start the demo (PORT=9000, ARGS="--fresh")
	exec bin/countersignd demo $(if $(PORT),--port $(PORT)) $(ARGS)

.PHONY: build
build: need app/dist/index.html ## build the web app and the server into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

.PHONY: man
man: ## the manual pages of the terminal app, into bin/man1/
	go run ./cmd/countersign man --output bin/man1

.PHONY: need
need:
	@scripts/need.sh run

.PHONY: need-test
need-test:
	@scripts/need.sh test

# npm writes node_modules/.package-lock.json last.
node_modules/.package-lock.json: package-lock.json package.json app/package.json e2e/package.json
	npm ci --no-audit --no-fund
	@touch $@

ui/messages/keys.gen.ts: $(wildcard ui/messages/*/*.json)
	go run ./ui/gen
	@touch $@

app/dist/index.html: node_modules/.package-lock.json ui/messages/keys.gen.ts $(app_sources) $(core_sources)
	npm run build --workspace app
	@touch $@

.PHONY: test
test: need-test build ## every check and every test; the last line counts them
	@go run ./scripts/test

.PHONY: check
check: need-test build ## the quick round: lint, types, unit tests on SQLite
	@go run ./scripts/test check

.PHONY: pg
pg: ## a PostgreSQL for one command: make pg CMD="go test ./internal/server/approval"
	@scripts/need.sh test
	@go run ./scripts/test pg $(if $(CMD),-- $(CMD))

.PHONY: e2e
e2e: need-test build ## the journeys in a real browser (ARGS="pair.spec.ts")
	npm test --workspace e2e -- $(ARGS)

.PHONY: gallery
gallery: need-test build ## every screen beside its design, on one sheet in gallery-out/
	npm run gallery --workspace e2e

.PHONY: soak
soak: need-test build ## hundreds of kills, a million ways back; over an hour (KILLS=100)
	COUNTERSIGN_SOAK=$(or $(KILLS),400) go test -count=1 -v -timeout 3h -run Kill ./cmd/countersignd ./cmd/countersign ./internal/server/db ./internal/server/backup
	COUNTERSIGN_SOAK=1 go test -count=1 -timeout 3h ./internal/server/policy/ways ./internal/authenticator/vault

.PHONY: bench
bench: need-test build ## the figures of bench/README.md
	go test -run '^$$' -bench . -benchmem -timeout 1h ./bench/...
	node bench/app/first-codes.mjs
	node bench/app/list.mjs
	node bench/app/core.mjs
	node bench/app/files.mjs
	node bench/app/backup.mjs

.PHONY: bench-large
bench-large: need-test build ## ten thousand streams and directories, a million people; an hour
	COUNTERSIGN_BENCH=large go test -run '^$$' -bench Large -timeout 2h ./bench/...
	COUNTERSIGN_BENCH=large go run ./scripts/test pg -- go test -run '^$$' -bench ConsoleLarge -benchtime 20x -timeout 2h ./bench

.PHONY: vuln
vuln: ## known vulnerabilities, where their database can be reached
	go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...
