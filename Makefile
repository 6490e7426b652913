# Two commands matter: `make demo` and `make test`. Everything else serves whoever changes the product.
# PYTHON=... chooses the interpreter that makes the environment; pip reads its settings from where it always does.

VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
TEST_WORKERS ?= 3
TESTS ?=
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $(UV_FLAGS)

.PHONY: help demo app app-pictures desk-pictures page-pictures report-pictures seal-evidence clean-demo test check prove prove-release floors bench format lock environment environment-dev
.DEFAULT_GOAL := help

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: environment ## start the product with believable data on 127.0.0.1:8000 (PORT=...); again: its data are kept
	@scripts/system-packages libzbar0 fonts-wqy-microhei
	@scripts/app build --or-without
	@exec $(BIN)/fieldstone demo --port $(PORT)

clean-demo: environment ## delete the demo's database and files
	$(BIN)/python -c 'from pathlib import Path; from api.embedded import remove; remove(Path(".fieldstone/postgres"))'
	rm -rf .fieldstone

app: environment ## build the technician's app (/app/) and the office's desk (/)
	@scripts/app build

app-pictures: environment-dev ## take a picture of every screen of the app, 390 x 844, English and Chinese, into out/pictures
	@scripts/system-packages fonts-wqy-microhei chromium
	@scripts/app build
	$(BIN)/python -m tests.phone.pictures out/pictures

desk-pictures: environment-dev ## take a picture of every screen of the desk, 1440 and 390 wide, English and Chinese, into out/pictures
	@scripts/system-packages fonts-wqy-microhei chromium
	@scripts/app build
	$(BIN)/python -m tests.desk.pictures out/pictures

page-pictures: environment-dev ## take a picture of every public page, 390 x 844 and 1440, English and Chinese, into out/pictures
	@scripts/system-packages fonts-wqy-microhei chromium
	PAGE_PICTURES=out/pictures $(BIN)/python -m pytest -q tests/pages/test_browser.py -k accessible

report-pictures: environment-dev ## take a picture of every page of seventeen reports and three job sheets, into out/pictures
	@scripts/system-packages fonts-wqy-microhei poppler-utils
	$(BIN)/python -m tests.printing.gallery out/pictures/papers

seal-evidence: environment-dev ## forge tokens and sealed PDFs in every known way, and print what passed
	@scripts/system-packages poppler-utils
	$(BIN)/python -m tests.sealing.evidence

test: environment-dev ## run the tests, and print their branch coverage, which CI holds (TESTS=tests/claims, TEST_WORKERS=3)
	@scripts/system-packages libzbar0 fonts-wqy-microhei poppler-utils chromium
	@scripts/app build --or-without
	@$(BIN)/coverage erase
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --cov --cov-report=term $(TESTS)
	@$(BIN)/coverage json -q -o - | $(BIN)/python scripts/coverage-floors $(if $(TESTS),,$(if $(CI),--hold))

check: environment-dev ## format, lint, types, imports between folders, the API's committed description, and the app
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/fieldstone openapi --check
	scripts/app check

floors: environment-dev ## try the oldest libraries that pyproject.toml allows (TESTS=...; five minutes, needs the index)
	@scripts/floors $(TESTS)

prove: environment-dev ## show what is promised: hostile requests, isolation, crashes, forgeries, load (PROVE="--only crashes")
	@scripts/system-packages libzbar0 fonts-wqy-microhei poppler-utils
	$(BIN)/python -m tests.prove --limit 1200 --json out/prove.json $(PROVE)

prove-release: environment-dev ## the same with a release's sizes, which take hours (PROVE="--sizes crashes.kills=20 ...")
	@scripts/system-packages libzbar0 fonts-wqy-microhei poppler-utils
	$(BIN)/python -m tests.prove --release --json out/prove-release.json $(PROVE)

bench: environment-dev ## measure speed and memory against the yardstick of the same run
	$(BIN)/python -m tests.bench $(BENCH)

format: environment-dev ## lay the code out and mend what can be mended mechanically
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	scripts/app format

lock: environment-dev ## pin the newest versions that fit pyproject.toml
	$(BIN)/python -m pip install --quiet --upgrade uv
	$(UV_COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(UV_COMPILE) --upgrade pyproject.toml --extra dev --constraint requirements.lock -o requirements-dev.lock
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	  | $(UV_COMPILE) --constraint requirements-dev.lock - -o requirements-build.lock
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["app"], sep="\n")' \
	  | $(UV_COMPILE) - -o requirements-app.lock

environment:
	@scripts/environment requirements.lock

environment-dev:
	@scripts/environment requirements-dev.lock
