"""Hears that a group is about to change, and answers with its backup as a hold."""


def connect() -> None:
    """Connect the receivers; called once, when the apps are ready."""
