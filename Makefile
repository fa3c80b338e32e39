# Everything is set up in .venv from the lock files; nothing else on the machine is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-all check bench clean

$(VENV)/run.stamp: requirements/run.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/run.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/dev.lock
	touch $@

$(VENV)/bench.stamp: requirements/bench.lock $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/bench.lock
	touch $@

$(VENV)-img2dataset/stamp: requirements/img2dataset.lock
	$(PYTHON) -m venv $(VENV)-img2dataset
	$(VENV)-img2dataset/bin/pip install --quiet --disable-pip-version-check -r requirements/img2dataset.lock
	touch $@

demo: $(VENV)/run.stamp  ## a small shop of its own making, through the whole journey
	$(BIN)/aisle demo

test: $(VENV)/dev.stamp  ## all tests but those that take minutes or need the real data sets
	$(BIN)/pytest -n auto --dist loadgroup -m "not data and not long"

test-all: $(VENV)/dev.stamp $(VENV)/bench.stamp  ## the tests that need the real data sets too
	$(BIN)/pytest

check: $(VENV)/dev.stamp  ## style, types, import directions
	$(BIN)/ruff check src tests bench docs
	$(BIN)/ruff format --check src tests bench docs
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/bench.stamp $(VENV)-img2dataset/stamp  ## the figures of speed, on a quiet machine; the data sets lie in $$AISLE_DATA
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/predict_text.py
	$(BIN)/python bench/train_text.py
	$(BIN)/python bench/train_images.py
	$(BIN)/python bench/download.py

clean:
	rm -rf $(VENV) $(VENV)-img2dataset .mypy_cache .ruff_cache .hypothesis .import_linter_cache
