# make demo · make up · make down · make test · make check · make audit · make golive · make crash · make storm · make mutants · make bench · make screenshots
VENV := .venv
PYTHON := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)

FAULTS ?=
PARTS ?=
SEED ?=
STORM ?=
MODULES ?=
# values that are in the repository on purpose: the demo's and the tests'
EXAMPLES := demo$$|^AC0{32}$$|^(sandbox-.*|example-.*|a secret|secret|hidden|short|another|other|cal_key|hook|key|long-lived)$$

.PHONY: demo up down test check audit golive crash storm mutants bench screenshots documents messages lock clean

demo: $(VENV)/app
	@$(PYTHON) -m pauta demo $(DEMO)

up: $(VENV)/app
	@$(PYTHON) -m pauta up

down: $(VENV)/app
	@$(PYTHON) -m pauta down

test: $(VENV)/dev
	$(PYTHON) -m pytest -n auto --maxprocesses 8 tests/unit
	$(PYTHON) -m pytest --ignore tests/unit

check: $(VENV)/dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

audit: $(VENV)/dev
	git ls-files -z ':!requirements' ':!simulator/sources' ':!tests/unit/sources' ':!tests/unit/simulator/test_sources_are_read.py' | xargs -0 $(VENV)/bin/detect-secrets-hook --exclude-secrets '$(EXAMPLES)'
	$(PYTHON) .ci/audit requirements/app.txt requirements/dev.txt

golive: $(VENV)/dev
	@$(PYTHON) -m tests.golive

crash: $(VENV)/dev
	@$(PYTHON) -m tests.chaos $(FAULTS)

# a storm from a drawn seed; SEED=n repeats one
storm: $(VENV)/dev
	@$(PYTHON) -m tests.storm $(if $(SEED),--seed $(SEED)) $(STORM)

# breaks the rules one by one, and asks whether the tests notice; MODULES=domain/phone.py tries one
mutants: $(VENV)/dev
	@nice -n 19 $(PYTHON) -m devtools.mutants $(MODULES)

bench: $(VENV)/dev
	@$(PYTHON) -m bench $(PARTS)

screenshots: $(VENV)/dev
	@$(PYTHON) -m tests.screenshots screenshots && echo screenshots/*

documents: $(VENV)/app
	$(PYTHON) -m devtools.documents

# pip is installed last: without it the environment is incomplete, and is rebuilt
$(VENV)/bin/pip:
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	rm -rf $(VENV)
	python3 -m venv $(VENV) || { rm -rf $(VENV); echo "Install python3-venv."; exit 1; }

$(VENV)/app: $(VENV)/bin/pip requirements/app.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/app.txt
	touch $@

$(VENV)/dev: $(VENV)/bin/pip requirements/dev.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@ $(VENV)/app

# brings the texts of the console's pages into its catalog; new ones wait there for their Spanish
messages: $(VENV)/dev
	cd services/console && $(CURDIR)/$(VENV)/bin/pybabel extract --mapping babel.cfg --no-location --sort-output \
		--output locale/messages.pot . && $(CURDIR)/$(VENV)/bin/pybabel update --input-file locale/messages.pot \
		--output-dir locale --no-fuzzy-matching --ignore-pot-creation-date --width 98

lock: $(VENV)/dev
	$(VENV)/bin/uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes --no-emit-index-url pyproject.toml -o requirements/app.txt
	$(VENV)/bin/uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev -c requirements/app.txt pyproject.toml -o requirements/dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants
