# `make demo` and `make test` set everything up by themselves: Python 3.11+ and a package index are all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-page check bench report page install lock clean

demo: $(READY)
	$(BIN)/frontcast forecast --init 2022-09-05 --days 14 --hindsight --out out/2022-09-05
	$(BIN)/frontcast forecast --init 2022-07-04 --days 14 --hindsight --out out/2022-07-04
	@echo "Open out/2022-09-05/page.html and out/2022-07-04/page.html in a browser."

test: $(READY)
	$(BIN)/python -m pytest

test-page: $(READY)
	FRONTCAST_TEST_PAGE=1 $(BIN)/python -m pytest tests/test_page.py

check: $(READY)
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks.run

report: $(READY)
	$(BIN)/python -m benchmarks.events
	$(BIN)/python -m benchmarks.track_record
	@echo "Open out/track-record/page.html in a browser."

install: $(READY)

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "frontcast needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

lock:
	$(PYTHON) -m piptools compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-header \
		--extra dev --extra bench --extra dask --output-file requirements.lock pyproject.toml

# The page that `frontcast serve` shows, built into the package. Only whoever changes web/ needs Node (20 or newer).
page:
	cd web && npm ci && npm test && npm run build

clean:
	rm -rf $(VENV) out build dist
