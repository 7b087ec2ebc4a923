# Entry points. Whatever they need beyond Rust, Python, a C++ compiler and make comes from pinned
# packages into .local/venv; nothing is installed anywhere else.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# whisper.cpp is built with this environment's cmake, arm64 with its cargo-lambda and zig.
export PATH := $(CURDIR)/.local/venv/bin:$(CURDIR)/.local/cargo/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
# The local stack and `sam deploy` take what they deploy from here, wherever else cargo may be told to build.
export CARGO_TARGET_DIR := $(CURDIR)/target

python := PYTHONPATH=local .local/venv/bin/python
local := $(python) -m kimochi_local

# For `make deploy`: a section of samconfig.toml
STAGE ?= dev
REGION ?= ap-northeast-1

cargo_fuzz := 0.13.2
FUZZ_SECONDS ?= 60

# A function's package, folder and Lambda share one name.
functions := $(notdir $(patsubst %/Cargo.toml,%,$(wildcard functions/*/Cargo.toml)))

# Amazon Linux 2023, which provided.al2023 is, has glibc 2.34.
arm64 := aarch64-unknown-linux-gnu
glibc := 2.34

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup build ## one voice note through the whole system, step by step (VOICE=<file>: another one)
	@$(local) demo

.PHONY: up
up: setup build ## start the local stack, or bring it up to date
	@$(local) up

.PHONY: down
down: ## stop the local stack; nothing is left running
	@[ ! -x .local/venv/bin/python ] || $(local) down

.PHONY: logs
logs: setup ## follow what the functions say
	@$(local) logs

.PHONY: test
# The functions are built along with their tests. By themselves they would need some dependencies with fewer features, and
# so the whole SDK once more.
test: setup ## every test: unit, integration on PostgreSQL and S3, the API against openapi.json, end to end
	@echo "==> The functions and their tests are built (the first time takes several minutes; cargo shows how far it is)"
	@cargo test --workspace --no-run --quiet
	@$(python) -m unittest discover --start-directory local/tests
	@$(local) test

.PHONY: contract
contract: setup build ## hold the deployed API against openapi.json, with Schemathesis
	@$(local) contract

.PHONY: alert-test
alert-test: setup ## send an alert of each severity, to the local stack or to STACK=kimochi-prod on AWS
	@$(if $(STACK),AWS_REGION=$(REGION) $(local) alert-test-on-aws $(STACK),$(local) alert-test)

.PHONY: verify-audit
verify-audit: setup ## hold the audit log against its seals, on the local stack or on STACK=kimochi-prod
	@$(if $(STACK),AWS_REGION=$(REGION) $(local) verify-audit-on-aws $(STACK),$(local) verify-audit)

.PHONY: check
check: setup ## format, clippy, docs, template and Python lint; warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --document-private-items
	cfn-lint template.yaml
	sam validate --lint --template-file template.yaml --region ap-northeast-1
	ruff check local bench/peers
	ruff format --check local bench/peers

.PHONY: openapi
openapi: setup ## write openapi.json anew from what the code says of its routes
	UPDATE_EXPECT=1 cargo test --workspace --test structure openapi_json

.PHONY: images
images: setup ## draw the feeling cards' pictures (images/emotions) as WebP into .local/images
	@$(local) images

.PHONY: bench
# The functions with no test beside them, as `make package` builds them. Memory is the same whatever the profile: the jobs at
# their size are built as tests are.
bench: setup build ## measure the functions beside Python and bare baselines (ARGS="--function NAME --json FILE")
	cargo build --release $(functions:%=--package %) --package bench
	cargo build --workspace --example walk_at_size --example logs_at_size
	@$(local) bench $(ARGS)

.PHONY: cost
# The same build as the run's. Into another file first: what fails must not leave an empty page behind.
cost: setup ## write docs/COST.md anew from a run that was kept: make bench ARGS="--json .local/bench.json"
	@[ -f .local/bench.json ] || { echo 'First: make bench ARGS="--json .local/bench.json"' >&2; exit 1; }
	cargo build --release $(functions:%=--package %) --package bench
	@target/release/bench cost .local/bench.json >.local/COST.md
	@mv .local/COST.md docs/COST.md

.PHONY: fuzz
fuzz: setup ## fuzz each target for FUZZ_SECONDS (default 60); what it finds new goes to .local/fuzz
	@rustup toolchain list | grep -q '^nightly' || rustup toolchain install nightly --profile minimal
	@[ -x .local/cargo/bin/cargo-fuzz ] || cargo install --locked --root .local/cargo cargo-fuzz@$(cargo_fuzz)
	@for target in $$(cargo +nightly fuzz list); do \
	  echo "==> $$target"; mkdir -p .local/fuzz/$$target; \
	  cargo +nightly fuzz run --target-dir target/fuzz $$target .local/fuzz/$$target fuzz/corpus/$$target \
	    -- -max_total_time=$(FUZZ_SECONDS); \
	done

.PHONY: package
# As in .cargo/config.toml, in zig's words: its name for fp16 is fullfp16.
package: export GGML_CPU_ARM_ARCH := armv8.2-a+dotprod+fullfp16
package: setup ## arm64 artifacts for AWS, and the proof that they can start there
	@rustup target list --installed | grep -qx $(arm64) || rustup target add $(arm64)
	cargo lambda build --release --target $(arm64).$(glibc) $(functions:%=--package %)
	@$(local) artifacts

.PHONY: deploy
deploy: package ## package, deploy to AWS (STAGE=dev, staging or prod), migrate the database, put the pictures in place
	sam deploy --template-file template.yaml --config-env $(STAGE) --region $(REGION)
	@AWS_REGION=$(REGION) $(local) migrate-on-aws kimochi-$(STAGE)
	@AWS_REGION=$(REGION) $(local) pictures-on-aws kimochi-$(STAGE)

.PHONY: build
build: setup
	@echo "==> The functions are built (the first time takes several minutes; cargo shows how far it is)"
	@cargo build --workspace

.PHONY: setup
setup:
	@local/setup
