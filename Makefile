PY := .venv/bin/python
ARGS ?=
COUNT ?= 10000
STORIES ?= 10000

.PHONY: help demo test attacks stories fuzz check bench clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

demo: .venv/demo.stamp  ## watch the loop close on real faces; headless: make demo ARGS="--headless --seconds 60 --json"
	@.venv/bin/visavis demo $(ARGS)

test: .venv/dev.stamp chromium  ## run every test (sets up everything it needs)
	@$(PY) -m pytest $(ARGS)

attacks: .venv/dev.stamp  ## attack at full size: 10,000 strangers, 1,000 withdrawals, 600 people at two sites
	@VISAVIS_CANARIES=10000 VISAVIS_WITHDRAWN=1000 VISAVIS_ATTACK_PEOPLE=600 $(PY) -m pytest -s tests/attacks $(ARGS)

stories: .venv/dev.stamp  ## tell 10,000 stories of consent under an oracle; another number: make stories STORIES=1000
	@VISAVIS_SEQUENCES=$(STORIES) $(PY) -m pytest -s tests/property/test_consent_machine.py $(ARGS)

fuzz: .venv/dev.stamp  ## decode 10,000 damaged pictures and as many damaged films; another number: make fuzz COUNT=1000
	@VISAVIS_FUZZ=$(COUNT) $(PY) -m pytest -s tests/property/test_fuzz_images.py tests/property/test_fuzz_video.py $(ARGS)

check: .venv/dev.stamp  ## lint, format and type check
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

audit: .venv/dev.stamp  ## ask the advisory databases about every installed package
	@$(PY) .ci/audit.py

bench: .venv/demo.stamp  ## measure the parts that have a speed target
	@.venv/bin/visavis bench steps $(ARGS)

clean:  ## remove the virtual environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Set-up messages go to stderr, so that `make demo ARGS=--json` prints JSON alone.
$(PY):
	@echo "setting up .venv" >&2
	@$${PYTHON:-python3} -m venv .venv >&2

.venv/demo.stamp: pyproject.toml | $(PY)
	@$(PY) -m pip install -q --disable-pip-version-check -e ".[demo]" >&2
	@touch $@

.venv/dev.stamp: pyproject.toml | $(PY)
	@$(PY) -m pip install -q --disable-pip-version-check -e ".[dev]" >&2
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && echo "installing chromium for the browser tests" >&2 \
	  && apt-get update -qq >&2 && apt-get install -y -qq chromium >/dev/null; } \
	  || echo "browser tests will skip; to run them: sudo apt-get install -y chromium" >&2
