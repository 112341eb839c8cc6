# Each target sets up what it needs in .venv; a second run finds it there.
#
#   make demo         the main experiment, proved: about two minutes the first time
#   make experiments  every experiment, proved: ten to fifteen minutes
#   make test         lint, types and the whole test suite
#   make images       what the labs are made of on Docker; TARGETS="service haproxy" for some
#
# PYTHON=python3.12 names the interpreter, ARGS="-k plan" goes to pytest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev daemons engine images test-images test-daemons browser demo experiments test bench lint format clean constraints

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Build back ends are held to the same versions as everything else.
PIP := PIP_CONSTRAINT=$(CURDIR)/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet

help:
	@sed -n 's/^#   \(make .*\)/\1/p' Makefile
	@echo "make setup        what the other targets need, in $(VENV)"
	@echo "make bench        benchmarks, as tables"
	@echo "make lint         ruff, mypy and hadolint"
	@echo "make clean        remove everything that was made here, runs/ apart"

setup: $(VENV)/.setup
setup-dev: $(VENV)/.setup-dev

$(VENV)/.setup: pyproject.toml constraints.txt tools/venv.sh
	tools/venv.sh $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/.setup-dev: $(VENV)/.setup
	$(PIP) --editable '.[dev]'
	touch $@

# Daemons of the shipped labs, by apt where they are missing; none is started on this machine.
daemons: setup
	@for lab in $$($(BIN)/python -c 'from chaoskit.labs.find import shipped_labs; print(*shipped_labs())'); do \
	  $(BIN)/chaoskit doctor --for $$lab >/dev/null 2>&1 || $(BIN)/chaoskit doctor --fix --yes --for $$lab; \
	done

# A Docker engine with Compose, where there is none and one can be set up; without it, tests that need it are skipped.
engine: setup
	@$(BIN)/chaoskit doctor --driver docker >/dev/null 2>&1 || $(BIN)/chaoskit doctor --fix --driver docker --yes >/dev/null \
	  || echo "no Docker engine: see chaoskit doctor --driver docker" >&2

# Built where they are missing or outdated: a second call takes a second.
images: engine
	$(BIN)/python -m chaoskit.engine.images $(TARGETS)

# The same for `make test`, which goes on without an engine.
test-images: engine
	@! $(BIN)/chaoskit doctor --driver docker >/dev/null 2>&1 || $(BIN)/python -m chaoskit.engine.images

browser: setup
	@tools/packages.sh $(BIN)/python chromium=chromium

demo: setup
	@$(BIN)/chaoskit doctor --for gslb >/dev/null 2>&1 || $(BIN)/chaoskit doctor --fix --yes --for gslb
	$(BIN)/chaoskit prove gslb.pool_death --rerun-unknown 1

# Two labs at a time: load and daemons share the cores. JOBS=1 takes twice as long and repeats less.
experiments: setup daemons
	$(BIN)/chaoskit prove --all --jobs $(or $(JOBS),2) --rerun-unknown 1 $(ARGS)

# What tests start and no shipped lab has.
test-daemons: setup
	@tools/packages.sh $(BIN)/python prometheus=prometheus

# Images are built while the code is checked: on a fresh machine that hides most of a minute.
# Then the tests, in two passes: what can run beside other tests, two at a time and whole files each, so that a file's
# lab comes up once; then what needs the machine to itself (marker `alone`), and the Docker engine's tests, whose labs
# have fixed subnets. pytest's status 5 says that ARGS chose nothing in a pass.
BESIDE := not (alone or docker or catalogue)
ALONE := (alone or docker) and not catalogue

test: setup-dev daemons test-daemons browser engine
	$(MAKE) --jobs=2 --output-sync=target lint test-images
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "$(BESIDE)" $(ARGS) || [[ $$? == 5 ]]
	$(BIN)/python -m pytest -m "$(ALONE)" $(ARGS) || [[ $$? == 5 ]]

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint compose/images/*Dockerfile

format: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev daemons
	@tools/packages.sh $(BIN)/python wrk=wrk hey=hey h2load=nghttp2-client mn=mininet nginx=nginx-light
	@for bench in tests/bench/*.py; do \
	  [[ $$bench == */_* ]] || $(BIN)/python -m "$$(tr / . <<< "$${bench%.py}")" $(ARGS); \
	done

# Pins what is installed now. Run it in a fresh clone after a lower bound in pyproject.toml was raised.
constraints: setup-dev
	tools/constraints.sh $(BIN)/python > constraints.txt.new
	mv constraints.txt.new constraints.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
