# make demo   installs into .venv and opens the page on http://127.0.0.1:7860
# make test   installs what the tests need, then lint, types, tests
# A second run of either finds its stamps in .venv and installs nothing.

PYTHON ?= python3
PORT ?= 7860
# On Linux, PyPI's torch carries gigabytes of CUDA; this index has the build for processors alone.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
BIN := .venv/bin
SYSTEM_PACKAGES = $(if $(shell command -v chromium),,chromium) $(if $(wildcard /usr/lib/postgresql/*/bin/initdb)$(shell command -v initdb),,postgresql)

.PHONY: demo test lint types clean

demo: .venv/installed
	$(BIN)/convrec serve --host 127.0.0.1 --port $(PORT)

test: .venv/installed-tests .venv/installed-system lint types
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

lint: .venv/installed-tests
	$(BIN)/ruff check convrec tests benchmarks app.py
	$(BIN)/ruff format --check convrec tests benchmarks app.py

types: .venv/installed-tests
	$(BIN)/mypy

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Convrec needs Python 3.11 or newer; say which with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Could not make .venv; on Debian: apt-get install python3-venv" >&2; exit 1; }

.venv/installed: pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --retries 1 --extra-index-url $(TORCH_INDEX) torch==2.13.0
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/installed-tests: .venv/installed
	$(BIN)/pip install --quiet --editable ".[test]"
	@touch $@

# Debian's chromium draws the page in the tests; the store is tested on PostgreSQL as well as on SQLite.
.venv/installed-system: | .venv/bin/python
	@missing="$(strip $(SYSTEM_PACKAGES))"; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "The tests need $$missing; there is no apt-get here, install them by hand." >&2; exit 1; }; \
	  if [ "$$(id -u)" = 0 ]; then root=""; elif command -v sudo >/dev/null; then root=sudo; \
	  else echo "The tests need $$missing; run as root: apt-get install $$missing" >&2; exit 1; fi; \
	  $$root apt-get update -qq && $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	fi
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
