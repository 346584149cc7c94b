PYTHON := .venv/bin/python

messages: ## write the messages in use into the .po files
	$(PYTHON) -m config.translations update

.PHONY: messages
