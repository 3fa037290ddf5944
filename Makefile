# Thin: what a line here does is said in the file it calls. `make serve` and `make test` are all that a new user needs.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
VENV := .venv/bin/python
UV_VERSION := 0.13.8
EXPORT := .cache/export
PLAIN_COMMIT := b745880
# In the order of testpaths: after a browser there is an event loop, in which asyncio.run() cannot. What is broken for
# many tests is seen in a few; each might wait for a minute.
IN_TWO := --numprocesses 2 --max-worker-restart 0 --maxfail 12 --dist loadfile --no-loadscope-reorder
RECORDINGS ?= examples/minuet.mp3 examples/prelude.mp3

.PHONY: serve dist test check bench bench-web soak parity lock tools

## The page at http://127.0.0.1:8000
serve: dist
	@$(VENV) -m build.serve --port $(PORT)

## The site as static files in dist/
dist: tools .venv/samples node_modules/page
	@$(VENV) -m build.site

## Everything that tests, file by file in two processes, then in one what wants the machine for itself; a part in one
## process with make test TESTS=tests/unit; installs a Chromium where there is none
test: dist .venv/tests node_modules/check
	@OTTAVA_CHROMIUM="$$($(VENV) -m build.chromium)" || exit 1; export OTTAVA_CHROMIUM; \
	$(if $(TESTS),exec $(VENV) -m pytest $(TESTS),failed=0; \
	$(VENV) -m pytest $(IN_TWO) -m "not alone" || failed=1; $(VENV) -m pytest -m alone --output test-results/alone || failed=1; exit $$failed)

## Style and types
check: tools .venv/tests node_modules/check
	$(VENV) -m ruff check .
	$(VENV) -m mypy
	npx --no-install tsc -p tsconfig.json
	npx --no-install tsc -p tsconfig.worker.json
	npx --no-install biome check

## Quality and speed on real recordings, written to bench/results.md
bench: dist .venv/tests
	$(VENV) -m bench.benchmark

## Speed of the page in a real browser, beside a plain port of the package (this page as it was with ONNX Runtime Web);
## memory by length with make bench-web OPTIONS=--memory; then how quickly it answers, and Lighthouse's scores
bench-web: dist .venv/tests .cache/plain/dist/files.json
	@OTTAVA_CHROMIUM="$$($(VENV) -m build.chromium)" && export OTTAVA_CHROMIUM && $(VENV) -m bench.page.speed $(OPTIONS) && \
	  $(VENV) -m bench.page.interface && $(VENV) -m bench.page.roll && $(VENV) -m bench.page.lighthouse

## Damaged files, unlikely music, a long session, an hour of sound: hours; a part with make soak OPTIONS="--only page"
soak: dist .venv/tests
	@OTTAVA_CHROMIUM="$$($(VENV) -m build.chromium)" && export OTTAVA_CHROMIUM && \
	  $(VENV) -m bench.page.soak $(OPTIONS)

.cache/plain/dist/files.json:
	rm -rf .cache/plain && git worktree prune && git worktree add --detach .cache/plain $(PLAIN_COMMIT)
	sed -i 's/"default_setting": "balanced"/"default_setting": "exact"/' .cache/plain/models/models.json
	$(MAKE) -C .cache/plain dist

$(EXPORT)/made: requirements/export.txt | tools
	@test -x $(EXPORT)/bin/python || $(PYTHON) -m venv $(EXPORT)
	$(EXPORT)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/export.txt
	$(EXPORT)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps transkun==2.0.1 --editable .
	@touch $@

## The model exported anew and compared with the package it comes from (needs 3 GB for torch)
parity: $(EXPORT)/made
	rm -rf $(EXPORT)/models && mkdir $(EXPORT)/models
	$(EXPORT)/bin/python -m training.listening.export --out $(EXPORT)/models
	$(EXPORT)/bin/python -m training.listening.parity $(RECORDINGS) --models $(EXPORT)/models

## New pins, after a change of pyproject.toml, requirements/*.in or package.json
lock: tools .venv/made
	$(VENV) -m pip install --quiet uv==$(UV_VERSION)
	$(VENV) -m uv pip compile --universal --generate-hashes --no-annotate --no-header --python-version 3.11 \
	  --extra test --extra check pyproject.toml -o requirements/dev.txt
	$(VENV) -m uv pip compile --no-deps --generate-hashes --no-annotate --no-header --python-version 3.14 \
	  -c requirements/dev.txt requirements/page.in -o requirements/page.txt
	$(VENV) -m uv pip compile --universal --no-deps --generate-hashes --no-annotate --no-header --python-version 3.11 \
	  -c requirements/dev.txt requirements/samples.in -o requirements/samples.txt
	npm install --package-lock-only

# One sentence for what is missing, before anything half works.
tools:
	@sh build/tools.sh $(PYTHON)

.venv/made:
	@$(PYTHON) -m venv .venv
	@touch $@

# Decodes and encodes the piano's samples.
.venv/samples: requirements/samples.txt | .venv/made
	@$(VENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/samples.txt
	@touch $@

.venv/tests: requirements/dev.txt pyproject.toml | .venv/made
	@$(VENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(VENV) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# npm ci empties node_modules, and with it the stamps: the full set serves both purposes.
node_modules/page: package-lock.json
	@npm ci --omit=dev --silent
	@touch $@

node_modules/check: package-lock.json
	@npm ci --silent
	@touch node_modules/page $@
