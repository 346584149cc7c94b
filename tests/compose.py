"""`docker-compose.yml` as the container engine reads it: variables filled in, defaults taken, dollars undoubled."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests import environment

VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:[-?+])([^}]*))?\})")


class MissingVariableError(Exception):
    """A variable that the file needs is not set."""


@dataclass(frozen=True)
class Service:
    """One service, as far as it is run here."""

    name: str
    raw: dict[str, Any]

    @property
    def command(self) -> list[str]:
        """What is run, as words; none where the image says it."""
        command = self.raw.get("command", [])
        return shlex.split(command) if isinstance(command, str) else list(command)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that have a value."""
        return {name: str(value) for name, value in self.raw.get("environment", {}).items() if str(value)}

    @property
    def check(self) -> list[str]:
        """What says whether it is well, as words; none for a service that has no such check."""
        test: list[str] = self.raw.get("healthcheck", {}).get("test", [])
        return ["/bin/sh", "-c", test[1]] if test[:1] == ["CMD-SHELL"] else test[1:]

    @property
    def parts(self) -> dict[str, str]:
        """What it waits for, by the condition."""
        return {name: one["condition"] for name, one in self.raw.get("depends_on", {}).items()}

    @property
    def secrets(self) -> list[str]:
        """The secrets that it can read."""
        return list(self.raw.get("secrets", []))


def read_compose(variables: Mapping[str, str], *, path: Path = environment.ROOT / "docker-compose.yml") -> Any:
    """The file with `variables` filled in. Raises MissingVariableError."""
    return _filled(yaml.safe_load(path.read_text()), variables)


def services_of(compose: Any) -> dict[str, Service]:
    """The services of a file that was read, by name."""
    return {name: Service(name, raw) for name, raw in compose["services"].items()}


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, variables) for one in value]
    return VARIABLE.sub(lambda found: _one(found, variables), value) if isinstance(value, str) else value


def _one(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, operator, word = found.groups()
    if name is None:
        return "$"
    given = variables.get(name, "")
    if operator == ":?" and not given:
        raise MissingVariableError(name)
    if operator == ":+":
        return word if given else ""
    return given or (word if operator == ":-" else "")
