# Each target sets up its own virtual environment first; quick when it is there.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
export HF_HUB_OFFLINE = 1
export HF_HUB_DISABLE_TELEMETRY = 1
export TOKENIZERS_PARALLELISM = false
export GRADIO_ANALYTICS_ENABLED = False
export OMP_WAIT_POLICY = passive
# Tests of one file share what is dear to make, so a file stays in one process; tests/conftest.py says which begin.
# A process that dies ends the tests: started anew, the rest of its file would be waited for without end.
SIDE_BY_SIDE = -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

.PHONY: demo test test-fast test-lowest check-wheel docs docs-version lint format clean

demo: $(VENV)/.ready
	$(BIN)/vbench demo

# Two processes have two cores.
test test-fast: export OMP_NUM_THREADS = 1
test: $(VENV)/.ready
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-fast: $(VENV)/.ready
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not parity and not slow"

# In environments of their own, which are gone afterwards: several GB are downloaded once, into uv's cache.
test-lowest: $(VENV)/.ready
	$(BIN)/python -m tests.release.lowest

check-wheel: $(VENV)/.ready
	$(BIN)/python -m tests.release.wheels

docs: $(VENV)/.ready
	DISABLE_MKDOCS_2_WARNING=true NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The site: site/index.html"

# The docs of this version, X.Y, as a commit on the branch gh-pages beside those of the others; PUSH=--push sends it, too.
docs-version: export DOCS_VERSIONS = mike
docs-version: export PATH := $(CURDIR)/$(BIN):$(PATH)
docs-version: $(VENV)/.ready
	DISABLE_MKDOCS_2_WARNING=true NO_MKDOCS_2_WARNING=1 $(BIN)/mike deploy --update-aliases --alias-type redirect $(PUSH) \
		"$$($(BIN)/vbench --version | sed 's/.* \([0-9]*\.[0-9]*\).*/\1/')" latest
	$(BIN)/mike set-default $(PUSH) latest

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .cache demo-output site build dist *.egg-info

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@
