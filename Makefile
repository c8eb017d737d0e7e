.DEFAULT_GOAL := help
.PHONY: help start demo test check format real-week pins

help: ## List what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 14

start: ## Serve the platform on this machine
	./scripts/start

demo: ## Load the demonstration and run a whole round
	./scripts/start --demo

test: ## Run all tests
	./scripts/test

check: ## Run what CI runs: tests, ruff, mypy, import contracts
	./.ci/run

format: ## Put the code into the house's format
	.venv/bin/python -m ruff check --fix .
	.venv/bin/python -m ruff format .

real-week: ## Write the import files of a real week to real-week/
	./scripts/real_week --out real-week

pins: ## Pin the newest allowed dependencies in constraints.txt
	./scripts/refresh-constraints
