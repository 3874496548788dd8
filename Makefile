# Témoin. Everything works from a fresh clone; what is missing is installed here (.venv, node_modules) or named.
.DEFAULT_GOAL := help
.PHONY: webkit test-postgres pictures help run demo lan build check test bench clean

PY := .venv/bin/python
prepare = @python=$$(sh scripts/python) && "$$python" -m scripts.prepare

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what is missing, then serve on http://localhost:8000 (HOST, PORT, INSTANCE)
	$(prepare) run
	@$(PY) -m scripts.serve

demo: ## a made-up organisation to look around in, in a data folder of its own
	$(prepare) run
	@$(PY) -m scripts.demo

lan: ## the same with https for phones in this room, on port 8443
	$(prepare) run
	@$(PY) -m scripts.lan

build: ## install, build the client, compile the languages
	$(prepare) run

check: ## style and types
	$(prepare) test
	@$(PY) -m scripts.checks check

test: ## style, types, all tests, browser journeys
	$(prepare) test
	@$(PY) -m scripts.checks test

test-postgres: ## the server's tests with PostgreSQL in SQLite's place; about as long as the same without
	$(prepare) test
	@$(PY) -m pytest -q -p tests.on_postgres -k "not sqlite" $(addprefix tests/,accounts admin enrol imports incidents intake lessons map opening register review sites)

pictures: ## the pictures of the README, from the journeys of the phone and of the demonstration
	$(prepare) test
	@PICTURES=docs/pictures $(PY) -m pytest -q tests/journeys/test_phone.py tests/journeys/test_demo.py

bench: ## figures at full size, as JSON lines
	$(prepare) test
	@$(PY) -m bench

webkit: ## a journey in a third engine, WebKitGTK (apt: webkit2gtk-driver xvfb)
	$(prepare) test
	@$(PY) -m pytest -q -m webkit tests/journeys

faults: ## try to lose something: kills, bad lines, full disks; under 25 minutes
	$(prepare) test
	@$(PY) -m bench.faults

faults-quick: ## a bounded part of that
	$(prepare) test
	@$(PY) -m bench.faults --quick

clean: ## remove what was installed and built; the data folder stays
	@rm -rf .venv node_modules bench/node_modules static/dist .build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
