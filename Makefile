# make demo     try it: a broker, several hosts and a guided tour on this machine; needs neither root nor packages
# make test     everything a change must pass; as root on Debian it also meets real brokers, Puppet and Ruby peers
# make lint, make tests, make timed   one group of these alone
# make bench, make fuzz, make soak   the long runs, programs of tests/benchmarks/ and tests/fuzz/; FUZZ_SECONDS, SOAK_MINUTES
# make audit      whether what is installed in .venv is known to be vulnerable; asks an advisory service, OSV_URL names another
# make reference   write docs/configuration.md, packaging/config/, man/ and completion/ anew from what is in the source
# make wheel, make clean

SHELL := /bin/sh
.DEFAULT_GOAL := demo

# The first Python that is new enough and can make a virtual environment; PYTHON=... names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)

BIN := .venv/bin

# Kept bytecode is what makes `mco --help` instant; some environments switch it off.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat --editable

.PHONY: demo test parts lint tests timed bench fuzz soak audit reference wheel clean

demo: .venv/installed
	@$(BIN)/mco demo

test: .venv/installed-test parts lint tests timed

# What the tests meet outside Python: only what is missing, only for root on a Debian-like machine, never a failure at a desk.
parts:
	@sh .ci/parts

# agents/echo is the smallest agent there is, and shows that an agent needs no annotations.
lint: .venv/installed-test
	$(TOOK) ruff $(BIN)/ruff check .
	$(TOOK) bandit $(BIN)/bandit --quiet --configfile pyproject.toml --recursive mcollective_py agents facts
	$(TOOK) mypy $(BIN)/mypy
	$(TOOK) 'mypy on plugins' $(BIN)/mypy --explicit-package-bases --exclude '/tests/' --exclude '^agents/echo/' agents facts

# Two for each processor, at most eight in all: half of their time tests wait for others.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ "$$n" -gt 4 ] && echo 8 || echo $$((2 * n)))
WITH_WORKERS := --dist loadfile --no-loadscope-reorder -rs
TOOK := @sh .ci/took

# In the order that tests/conftest.py gives them: the longest files first, so that all workers end together.
tests: .venv/installed-test
	$(TOOK) tests sh .ci/alone $(BIN)/pytest -m 'not timed' -n $(WORKERS) $(WITH_WORKERS)

# What measures time has the machine nearly to itself: only others that mostly wait.
timed: .venv/installed-test
	$(TOOK) 'timed tests' sh .ci/alone $(BIN)/pytest -m timed -n 3 $(WITH_WORKERS) tests/parts

bench soak: programs = $(wildcard tests/benchmarks/$@_*.py)
fuzz: programs = $(wildcard tests/fuzz/$@_*.py)

# All of them, as many at a time as there are processors, and a failure at the end where one found something.
fuzz: .venv/installed-test
	@printf '%s\n' $(subst /,.,$(programs:.py=)) | xargs -P "$$(nproc 2>/dev/null || echo 2)" -n 1 $(BIN)/python -m

bench soak: .venv/installed-test
	@set -e; for program in $(subst /,.,$(programs:.py=)); do echo "== $$program"; $(BIN)/python -m "$$program"; done

# No part of `make test`: whether it passes depends on what was found out today. --strict: what could not be judged is a failure too.
audit: .venv/installed
	$(BIN)/pip freeze --exclude-editable --all >.venv/frozen
	@$(INSTALL) '.[audit]'
	$(BIN)/pip-audit --strict --disable-pip --no-deps --requirement .venv/frozen $(if $(OSV_URL),--vulnerability-service osv --osv-url '$(OSV_URL)')

reference: .venv/installed
	$(BIN)/python -m mcollective_py.reference docs/configuration.md packaging/config
	$(BIN)/python -m mcollective_py.cli.manpages packaging/man packaging/completion

wheel: .venv/installed
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

.venv/installed: pyproject.toml | .venv/bin/pip
	@echo "installing into .venv ..."
	@$(INSTALL) .
	@touch $@

.venv/installed-test: pyproject.toml | .venv/bin/pip
	@echo "installing into .venv, with what the tests need ..."
	@$(INSTALL) '.[test]'
	@touch $@ .venv/installed

.venv/bin/pip:
	@[ -n "$(PYTHON)" ] || { echo "no Python of version 3.11 or later that can make a virtual environment (Debian: python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

clean:
	rm -rf .venv build dist fuzz-found .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
