# One command each; every one of them does its own set-up.
#   make demo   the whole service on this machine, with phones to chat on
#   make test   all tests, on SQLite and on a real PostgreSQL
#   make check  what must hold before a commit: format, lint, types, imports, dependencies, tests
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format tidy lint types imports dependencies browser brokers \
        transcripts docs documents sizes lock bench

PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/.installed
# One more than there are cores: many tests wait for processes of their own.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)

help:
	@sed -n 's/^#   //p' Makefile

setup: $(READY)

$(READY): requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	$(BIN)/gyg demo

# The order is the order of speed, so that a slip is told soon.
check: format lint imports dependencies types test

format: setup
	$(BIN)/ruff format --check .

lint: setup
	$(BIN)/ruff check .

imports: setup
	$(BIN)/lint-imports

dependencies: setup
	$(BIN)/deptry .

types: setup
	$(BIN)/mypy

test: setup browser brokers
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

# The pages are tried in a real Chromium. Where there is none and none can be had, those tests skip.
browser:
	@command -v chromium >/dev/null 2>&1 || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 300 \
	    apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; } >/dev/null 2>&1; \
	} || echo "no Chromium: the tests that need one will skip"

# The fault tests kill real brokers. Where there are none and none can be had, those tests skip.
brokers:
	@{ command -v redis-server >/dev/null 2>&1 && [ -d /usr/lib/rabbitmq ]; } || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 300 \
	    apt-get install -y -qq --no-install-recommends redis-server rabbitmq-server; } >/dev/null 2>&1; \
	} || echo "no Redis or RabbitMQ: the tests that need one will skip"

# Put right what a machine can put right.
tidy: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Write the replies of all golden transcripts anew; read the difference as a resident would.
transcripts: setup
	$(BIN)/python -m tests.transcripts

# What is large enough to make one stop and think. A report, not a law.
sizes: setup
	$(BIN)/python -m tests.house.sizes

# Write the pages of docs/ that are made from the code.
docs: setup
	$(BIN)/python -m tests.house.pages

# The house beside WeRoBot, Flask and OpenFisca, in an environment of its own.
bench: .venv-bench/.installed
	.venv-bench/bin/python -m bench.bench_rules
	.venv-bench/bin/python -m bench
	.venv-bench/bin/python -m bench --beside --only sqlite,postgres
	.venv-bench/bin/python -m bench.growth
	.venv-bench/bin/python -m bench.bench_month
	.venv-bench/bin/python -m bench.bench_grid
	.venv-bench/bin/python -m bench.broadcast
	.venv-bench/bin/python -m bench.sending 5000 sandbox

.venv-bench/.installed: requirements/bench.lock pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@touch $@

# Build the Word templates anew from their layouts.
documents: setup
	$(BIN)/python -m services.documents.build

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv"; exit 1; }
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras -q pyproject.toml -o requirements/run.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras -q pyproject.toml --group dev -o requirements/dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras -q pyproject.toml --group dev --group bench -o requirements/bench.lock
	@! grep -n '://' requirements/*.lock || { echo "a lock names a machine"; exit 1; }
