# Each target is one thin line; .ci/setup makes .venv from the locked requirements.
BIN := .venv/bin

.PHONY: setup demo test lint e2e long captures live bench docs accuracy weights lock

setup:
	@.ci/setup
demo: setup
	@$(BIN)/python -m tests.demo
test: setup
	$(BIN)/pytest
lint: setup
	@.ci/lint
e2e: setup
	deploy/testbed/build && $(BIN)/pytest -m e2e -s
long: setup
	$(BIN)/pytest -m long
live: setup
	$(BIN)/pytest -m live -s
captures: setup
	$(BIN)/python -m tests.capture_table
bench: setup
	$(BIN)/python -m tests.bench
docs: setup
	$(BIN)/python -m otel_safety.docs
accuracy: setup
	@.ci/accuracy $(ROWS)
weights: setup
	$(BIN)/python -m tests.weights $(if $(PUBLIC),--public $(PUBLIC)) $(if $(FIGURES),--figures $(FIGURES))
lock:
	@.ci/lock
