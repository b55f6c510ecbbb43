SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# An import between targets that the manifest does not declare is an error: the layers are checked by the build.
CHECKED := --explicit-target-dependency-import-check error
FORMATTED := Sources Tests templates

# Seconds for each fuzz target of `make fuzz`.
FUZZ_SECONDS ?= 60
# Seconds of `make storm`, and what else `Fuzz/storm/storm --help` lists.
STORM_SECONDS ?= 60
STORM_OPTIONS ?=

# Seconds of `make soak`, and what else `Benchmarks/soak/soak --help` lists.
SOAK_SECONDS ?= 1800
SOAK_OPTIONS ?=
# Sections of docs/benchmarks.md that `make bench` measures; all if none is named.
BENCH_SECTIONS ?=

.PHONY: help build demo test lint format golden bench bench-check soak fuzz storm sanitize setup clean

help: ## Say what there is to make
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

build: ## Build .build/release/apic and .build/release/apic-gateway
	scripts/setup build
	swift build -c release $(CHECKED)

demo: build ## Walk through the storefront with real requests (installs what is missing)
	scripts/setup demo
	scripts/demo

test: ## Build everything and run all tests (installs what is missing)
	scripts/setup test
	swift build --build-tests $(CHECKED)
	scripts/test

lint: ## Check formatting and scripts; changes nothing
	swift format lint --strict --recursive --parallel $(FORMATTED)
	for script in .ci/run scripts/*; do [[ -f $$script ]] && bash -n "$$script"; done

format: ## Format all Swift sources in place
	swift format --in-place --recursive --parallel $(FORMATTED)

golden: ## Write the expected output of tests anew; read the diff before committing
	scripts/setup test
	UPDATE_GOLDENS=1 PATH="$(CURDIR)/.build/tools/bin:$$PATH" swift test || true
	git --no-pager diff --stat -- Tests

bench: build ## Measure the gateway, beside nginx and HAProxy where they can; writes docs/benchmarks.md
	scripts/setup bench
	Benchmarks/report $(BENCH_SECTIONS)

bench-check: build ## Fail if a request costs more instructions, allocations or locks than Benchmarks/thresholds.json says
	scripts/setup bench
	Benchmarks/instructions --check

soak: build ## Mixed load, a reload every second and a dying upstream for SOAK_SECONDS (1800)
	scripts/setup bench
	Benchmarks/soak/soak --seconds $(SOAK_SECONDS) $(SOAK_OPTIONS)

fuzz: ## Run each fuzz target for FUZZ_SECONDS (60)
	scripts/setup build
	scripts/fuzz $(FUZZ_SECONDS)

storm: build ## Set hostile clients and upstreams on a running gateway for STORM_SECONDS (60)
	Fuzz/storm/storm --seconds $(STORM_SECONDS) $(STORM_OPTIONS)

sanitize: ## Play the scenarios against gateways built with AddressSanitizer and ThreadSanitizer
	scripts/setup test
	swift build --build-tests $(CHECKED)
	scripts/sanitize

setup: ## Install the Debian packages that build, tests and demo need
	scripts/setup build demo test

clean: ## Remove everything that was built
	rm -rf .build .build-fuzz .build-sanitize
