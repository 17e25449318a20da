# `make run` and `make test` are all that a newcomer needs; `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help run worker beat test test-fast lint docs format lock bench rush races faults reference
PYTHON ?= python3
export PYTHON
BIN := .venv/bin
SCALE ?= 20000
CONNECTIONS ?= 128
comma := ,

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Install, migrate, load demo data and serve on HOST:PORT (127.0.0.1:8000)
	@dev/setup.sh requirements.txt
	@dev/env.sh
	@$(BIN)/python manage.py migrate --noinput --verbosity 0
	@if $(BIN)/python -c 'from config.settings import DEBUG; raise SystemExit(DEBUG)'; then \
		$(BIN)/python manage.py collectstatic --noinput --verbosity 0; \
	fi
	@$(BIN)/python manage.py load_demo
	@exec $(BIN)/python -m gunicorn --config config/gunicorn.py config.wsgi

worker: ## Run a Celery worker: notifications, imports (needs CELERY_BROKER_URL)
	@dev/setup.sh requirements.txt
	@dev/broker.sh
	@exec $(BIN)/python -m celery --app config.celery --quiet worker --queues default,mail,push,imports --loglevel INFO

beat: ## Run Celery's beat, the schedule: exactly one (needs CELERY_BROKER_URL)
	@dev/setup.sh requirements.txt
	@dev/broker.sh
	@exec $(BIN)/python -m celery --app config.celery --quiet beat --loglevel INFO

# Compiled modules save seconds in each of the many processes that tests start.
test test-fast races faults bench rush: export PYTHONDONTWRITEBYTECODE =

test: ## The whole suite, on PostgreSQL, Redis and RabbitMQ; what differs by database on SQLite too
	@dev/setup.sh requirements-dev.txt
	@$(BIN)/python -m dev.servers install
	@echo "== SQLite: what differs by database, and what needs no server"
	@$(BIN)/python -m pytest -m "both or embedded"
	@echo "== PostgreSQL, Redis and RabbitMQ: all but what needs no server"
	@TEST_REAL=1 $(BIN)/python -m dev.servers run -- $(BIN)/python -m pytest

test-fast: ## Between edits: on SQLite, without processes, browsers, admin pages and generated cases
	@dev/setup.sh requirements-dev.txt
	@$(BIN)/python -m pytest -m "not slow" --numprocesses=2  # a third one would spend longer on its database

lint: ## Check style, types, layers, texts, documentation, migrations, deployment and containers
	@dev/setup.sh requirements-dev.txt
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy .  # so that "tests" is ours, and not a package of that name
	$(BIN)/lint-imports --no-logo
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/python -m dev.links
	$(BIN)/python -m dev.prose
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') DEBUG=off; \
	export SECRET_KEY DEBUG; \
	$(BIN)/python manage.py makemigrations --check --dry-run && \
	$(BIN)/python manage.py check --deploy --fail-level WARNING

docs: ## Build the documentation into site/; broken links and anchors fail
	@dev/setup.sh requirements-dev.txt
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

format: ## Fix what ruff can fix
	@dev/setup.sh requirements-dev.txt
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: ## Measure each endpoint beside its floors, at SCALE events (20000), on real servers
	@dev/setup.sh requirements-dev.txt
	@$(BIN)/python -m dev.servers install
	@$(BIN)/python -m dev.servers run -- $(BIN)/python -m benchmarks.endpoints $(subst $(comma), ,$(SCALE))

rush: ## 10,000 people RSVP to 500 seats over CONNECTIONS (128), also while a process is killed
	@dev/setup.sh requirements-dev.txt
	@$(BIN)/python -m dev.servers install
	@$(BIN)/python -m dev.servers run -- $(BIN)/python -m benchmarks.rush --connections $(CONNECTIONS)

races: ## Play every round of every race, with the controls, on real servers
	@dev/setup.sh requirements-dev.txt
	@$(BIN)/python -m dev.servers install
	@ALL_ROUNDS=1 TEST_REAL=1 $(BIN)/python -m dev.servers run -- $(BIN)/python -m pytest tests/concurrency

faults: ## Kill each part in turn, 50 rounds each, and count what is lost
	@dev/setup.sh requirements-dev.txt
	@$(BIN)/python -m dev.servers install
	@$(BIN)/python -m tests.faults

lock: ## Pin the dependencies of the requirements again
	@dev/setup.sh requirements-dev.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --no-annotate --quiet \
		requirements-dev.txt --output-file constraints.txt

reference: ## Write docs/reference/endpoints.md and errors.md from the code
	@dev/setup.sh requirements-dev.txt
	@DEBUG=on $(BIN)/python -m dev.reference
