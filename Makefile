# Every target makes a local .venv and installs into it by itself.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
EXTRAS := test,figs,stats,dev
# Small tests mostly compile: fewer passes of LLVM took a third off those that do little else. What must hold to the last bit
# or decision is tested in test-slow, which compiles as users do.
QUICKLY := XLA_FLAGS="$$XLA_FLAGS --xla_backend_optimization_level=1"
# Two workers on two cores: threads of a worker's own for matrices of 200 rows only wait for the other's.
ALONE := OPENBLAS_NUM_THREADS=1
# Long ones that compile much and ask neither for bits nor for decisions: a fifth off.
LONG := $(patsubst %,tests/%,corr/estimators corr/optimizers corr/populations experiments paper_figs)
BITS := tests/corr/test_ensemble.py tests/corr/test_flips.py tests/corr/test_mutation.py tests/statistics/test_flip_rates.py

.PHONY: help install reproduce test unit test-slow lint format types clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "needs Python 3.11 or newer, got $$($(PYTHON) --version): set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "installing into .venv (a minute or two)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $(STAMP)

install: $(STAMP) ## install into .venv: then `.venv/bin/corr list`, or `source .venv/bin/activate` and `corr list`

reproduce: $(STAMP) ## run Figures 1 and 2 at preset quick, draw them, print the verdict
	$(BIN)/corr reproduce fig1 fig2 --preset quick

test: $(STAMP) ## run the test suite without its slow part
	$(QUICKLY) $(ALONE) $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow" $(patsubst %,--ignore=%,$(BITS))

unit: $(STAMP) ## run the unit tests alone (no statistics, no end-to-end runs)
	$(QUICKLY) $(ALONE) $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow" $(patsubst %,--ignore=tests/%,experiments paper_figs restart statistics)

test-slow: $(STAMP) ## run the long statistical suites, and what must hold to the last bit as users compile it
	$(ALONE) $(BIN)/python -m pytest -q -n 2 --dist loadfile -m slow $(patsubst %,--ignore=%,$(LONG)) tests
	$(QUICKLY) $(ALONE) $(BIN)/python -m pytest -q -n 2 --dist loadfile -m slow $(LONG)
	$(ALONE) $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow" $(BITS)

lint: $(STAMP) ## check style, format and which way imports run
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

format: $(STAMP) ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP) ## check types
	$(BIN)/pyright

clean: ## remove the virtual environment and caches (results stay)
	rm -rf .venv dist build .ruff_cache
