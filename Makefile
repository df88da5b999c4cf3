# Unrolled. `make` alone lists the commands; the README has the plain lines for machines without make.

VENV   ?= .venv
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PORT   ?= 8000

BIN   := $(if $(filter /%,$(firstword $(VENV))),,$(CURDIR)/)$(VENV)/bin
STAMP := $(VENV)/.unrolled-installed
export PATH := $(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install book site check test lab serve student assignment class bench pdf links measure refresh lock clean

help:        ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(STAMP)      ## make the environment .venv and install the pinned requirements

book: $(STAMP)         ## build the site: _build/html/index.html (warnings are errors)
	jupyter-book build . -n -W --keep-going

site: $(STAMP)         ## build it for a host: BASE=https://... REPO=https://... (BRANCH= HUB=)
	UNROLLED_BASE="$(BASE)" UNROLLED_REPO="$(REPO)" UNROLLED_BRANCH="$(BRANCH)" UNROLLED_HUB="$(HUB)" \
		jupyter-book build . -n -W --keep-going

check: $(STAMP)        ## what every save should pass: ruff, the house, the network, the data
	ruff check . && pytest -q -n 2 --dist loadfile tests/house tests/network tests/data tests/figures/node

test: $(STAMP)         ## run everything: ruff, unit, gradients, checks, notebooks, figures, browser
	@failed=0; set -x; ruff check . || failed=1; \
	jupyter-book build . -n -W --keep-going -q || failed=1; \
	pytest -n 2 --dist loadfile && exit $$failed

lab: $(STAMP)          ## open the notebooks in JupyterLab
	jupyter lab notebooks

serve: book            ## build the site and serve it at http://localhost:8000 (PORT=...)
	python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

student: $(STAMP)      ## make the student edition: student/ and student/unrolled-student.zip
	python tools/student.py

assignment: $(STAMP)   ## lift exercises into nbgrader's layout: CHAPTER=2 EXERCISES="name name"
	python tools/assignment.py $(CHAPTER) $(EXERCISES)

class: $(STAMP)        ## judge what a class has handed in: FOLDER=submitted/ (OUT=. SEED= JOBS=)
	python -m rnn_core.checks class "$(FOLDER)" --out "$(or $(OUT),.)" \
		$(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS))

bench: $(STAMP)        ## measure speed and memory, printed as ratios side by side
	python -m benchmarks

pdf: book              ## print the book into one PDF (needs Chromium)
	python tools/pdf.py

links: $(STAMP)        ## check the links that lead out of the book (needs the network)
	python tools/links.py

measure: book          ## measure the built site: weight, requests, axe, Lighthouse
	python tools/measure.py

refresh: $(STAMP)      ## run all notebooks and store their outputs anew
	python tools/refresh.py

lock: pyproject.toml   ## pin requirements.txt anew from pyproject.toml (needs uv)
	python tools/lock.py

clean:                 ## remove what was built (not the environment, not what people work in)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

$(STAMP): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found: make PYTHON=/path/to/python3"; exit 1; }
	test -x "$(BIN)/python" || $(PYTHON) -m venv "$(VENV)"
	"$(BIN)/python" -m pip --version >/dev/null 2>&1 || "$(BIN)/python" -m ensurepip
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
