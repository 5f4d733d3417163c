# `make` lists the verbs. Each does its own set-up in .venv; nothing else needs to be installed by hand.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
endif
PY := .venv/bin/python
FIND_PYTHON = command -v $(PYTHON) >/dev/null || \
	{ echo 'Python 3.11 or newer is missing: install it (Debian: apt-get install python3 python3-venv)' >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: bench diff due refresh links advisories package published address version changes help site test units check style fuzz serve offline new sync try format setup browsers clean

help:
	@echo 'make site      build both editions into site/'
	@echo 'make serve     both languages at one address, reloading as you edit'
	@echo 'make check     for authors: pages, snippets and prose, each line with what mends it'
	@echo 'make units     for developers: style, types, and every test that builds no site and opens no browser'
	@echo 'make test      everything: style, types, the build, all tests, a real browser'
	@echo 'make offline   zip the built site into dist/ and print its PDFs, to carry away'
	@echo 'make fuzz      ten thousand broken configurations, through every verb'
	@echo 'make new PAGE=serving/why-replies-slow-down EN="…?"   start an article; ZH="…？" alone does too'
	@echo 'make new KIND=model NAME=acme-9b   start a model, chip, price, claim, lab, chapter, formula, family or engine'
	@echo 'make sync PAGE=docs/en/…   pin a translation to its original; COMPARED=1 once the two say the same'
	@echo 'make diff A=origin/main   which numbers moved since that build, zip or commit; B=… instead of site/'
	@echo 'make due       numbers whose source has to be read again; ON=2027-01-01 for another day'
	@echo 'make refresh   registry, prices and engines beside what is published by now; WRITE=1 puts it into the files'
	@echo 'make links     which addresses that pages and data name no longer answer'
	@echo 'make package   wheel, source and bill of materials into dist/, the same bytes from every clone'
	@echo 'make try PR=12  build a pull request in a container, without network and without secrets'
	@echo 'make format    put the code into the house style'
	@echo 'make bench     time the engine beside Material, markdown-exec and Zensical (PAGES=20 N=3 for a short look)'
	@echo 'make clean     remove what was built and cached (.venv stays)'

setup:
	@$(FIND_PYTHON)
	@$(PYTHON) -m llmnotes.site.setup

site: setup
	@$(PY) -m llmnotes.site build

serve: setup
	@$(PY) -m llmnotes.site serve

offline: browsers site
	@$(PY) -m llmnotes.site bundle
	@$(PY) -m llmnotes.site book

new: setup
	@$(PY) -m llmnotes.site new "$(or $(PAGE),$(NAME))" $(if $(KIND),--kind "$(KIND)") --zh "$(ZH)" --en "$(EN)"

sync: setup
	@$(PY) -m llmnotes.site sync $(PAGE) $(if $(COMPARED),--compared)

diff: setup
	@$(PY) -m llmnotes.site diff $(if $(JSON),--json) "$(A)" "$(or $(B),site)"

due: setup
	@$(PY) -m llmnotes.site due $(if $(ON),--on $(ON))

refresh: setup
	@$(PY) -m llmnotes.site refresh $(if $(WRITE),--write)

links: setup
	@$(PY) -m llmnotes.site links

# Packages of the lock that an advisory names; `pip-audit` asks for them.
advisories: setup
	@$(PY) -m pip_audit --disable-pip --require-hashes --progress-spinner off -r requirements.lock

package: setup
	@$(PY) -m llmnotes.site package

published: setup
	@$(PY) -m llmnotes.site published

address: setup
	@$(PY) -m llmnotes.site address "$(REPOSITORY)" $(if $(SERVER),--server "$(SERVER)")

version:
	@$(PYTHON) -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])'

# What the newest section of the changelog says, for the notes of a release.
changes:
	@awk '/^## /{n++} n==1' CHANGELOG.md

try: setup
	@$(PY) -m llmnotes.site try "$(PR)"

format: setup
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: setup
	@$(PY) -m benchmarks $(if $(PAGES),--pages $(PAGES)) $(if $(N),--runs $(N)) $(if $(LARGEST),--largest $(LARGEST))

# All three to the end: what one finds hides nothing of what the others would.
check: setup
	@status=0; \
	$(PY) -m ruff check -q --output-format concise docs snippets llmnotes/data || status=1; \
	$(PY) -m ruff format -q --diff docs snippets 2>/dev/null || { status=1; echo 'make format   puts these lines into the house style' >&2; }; \
	$(PY) -m llmnotes.site check || status=1; \
	exit $$status

style: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m ty check

units: style
	$(PY) -m pytest -q -n auto --dist worksteal -m 'not browser and not site' --durations=10

browsers:
	@$(FIND_PYTHON)
	@$(PYTHON) -m llmnotes.site.setup --browser

test: browsers
	@$(MAKE) --no-print-directory style
	$(PY) -m llmnotes.site build
	$(PY) -m pytest -q -n auto --dist worksteal --durations=20

fuzz: setup
	LLMNOTES_FUZZ=10000 $(PY) -m pytest -q -n auto tests/test_fuzz.py

clean:
	rm -rf site dist .scratch .cache .pytest_cache .hypothesis .ruff_cache
