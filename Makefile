# Everything a newcomer needs: `make demo` shows the product, `make test` proves it.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
LOCK   := requirements/dev.txt
READY  := $(VENV)/.ready

.PHONY: demo test check cover bench lock clean

demo: $(READY)  ## replay a company's six projects and write the audit reports
	@$(BIN)/flowgov demo --fresh --output out/demo

test: $(READY)  ## the whole test suite, on SQLite and PostgreSQL
	@$(BIN)/python -m pytest -q

check: $(READY)  ## linters, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

cover: $(READY)  ## every line and branch of the audit log's code, by its unit tests alone
	@$(BIN)/python -m coverage run --source=flowgov.audit -m pytest -q tests/unit/audit
	@$(BIN)/python -m coverage report --show-missing --skip-covered --fail-under=100

bench: $(READY)  ## speed, as ratios against floors measured in the same run
	@$(BIN)/python -m tests.benchmarks

$(READY): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "python3 lacks the venv module; on Debian: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --only-binary :all: -r $(LOCK)
	$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

lock:  ## refresh the pinned development versions (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --group dev --all-extras --upgrade -o $(LOCK) pyproject.toml

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
