# Regroup: every command a person needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTEST_WORKERS ?= 2
export REGROUP_DATA ?= ../shared/data

.PHONY: help setup demo cycle test tests peers check format lint soak bench sandbox screens pins clean

help: ## List the commands
	@grep -hE '^[a-z-]+%?:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready lti_app/static/vendor/.ready ## Make the Python environment and fetch the browser parts (quick when done before)

$(VENV)/.ready: requirements/dev.txt pyproject.toml scripts/prerequisites.sh
	@python=$$(scripts/prerequisites.sh) && { test -x $(BIN)/python || "$$python" -m venv $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lti_app/static/vendor/.ready: package.json package-lock.json scripts/vendor.mjs scripts/prerequisites.sh
	@scripts/prerequisites.sh >/dev/null
	npm ci --silent
	npm run --silent vendor
	@touch $@

demo: setup ## Start the sandbox LMS, the tool and a worker; prints where to click (Ctrl-C ends all)
	@$(BIN)/python -m sandbox.demo

cycle: setup ## The whole job without a browser: launch to gradebook (RESPONSES= QMATRIX= OUT= optional)
	@$(BIN)/python -m sandbox.cycle $(if $(RESPONSES),--responses '$(RESPONSES)') $(if $(QMATRIX),--qmatrix '$(QMATRIX)') $(if $(OUT),--out '$(OUT)')

sandbox: setup ## Start the sandbox LMS alone on http://lms.localhost:8100 (SCHOOL=400 optional: a district of that size)
	@$(BIN)/python -m sandbox --port 8100 $(if $(SCHOOL),--school '$(SCHOOL)')

test: setup ## Set up, then every check and test (about 12 minutes on 2 cores; the goal is 10)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync peers lint
	@$(MAKE) --no-print-directory tests

peers: setup ## Environments of the LTI platforms that the tool is tested against (quick when done before)
	@scripts/peers.sh

check: lint tests ## Every check and test, without the set-up

tests: ## Every test but the long proofs
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup -m 'not soak and not browser' --cov --cov-report=term:skip-covered
	# apart: a browser's driver leaves its event loop in the process, which the job engine refuses
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup -m 'browser and not soak'

lint: ## Formatting, types, direction of imports, templates, pins
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	scripts/check_pins.sh

format: ## Put the code in its standard form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: setup ## The long proofs: kills, floods, real answers (under 30 minutes)
	$(BIN)/python -m pytest -m soak

bench: setup ## Every benchmark
	@set -e; for file in benchmarks/bench_*.py; do echo "# $$file"; $(BIN)/python "$$file"; done

bench-%: setup ## One benchmark: make bench-grouping
	@$(BIN)/python benchmarks/bench_$*.py

screens: setup ## Pictures of the demo's pages into docs/pictures (needs Chromium)
	@$(BIN)/python scripts/screens.py

pins: ## Write requirements/*.txt anew from pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements/base.txt pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --generate-hashes --allow-unsafe --extra dev --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --constraint requirements/base.txt --output-file requirements/dev.txt pyproject.toml

clean: ## Remove what setup and tests made
	rm -rf $(VENV) .venv-peers node_modules lti_app/static/vendor var dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
