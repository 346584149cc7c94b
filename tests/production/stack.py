"""All services of `docker-compose.yml` together: brought up in order, spoken to, stopped and destroyed."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests import environment
from tests.compose import Service, read_compose, services_of
from tests.production.containers import IMAGES, Container, remove_volumes
from tests.production.image import Image
from tests.production.machine import OPERATOR

DOMAIN: Final = "listkeep.example"  # as docs/operations.md has it
CHECKED_OUT: Final = ("docker-compose.yml", "config/Caddyfile")


@dataclass
class Stack:
    """The services that run, by name; of the checkout in the operator's folder."""

    image: Image
    running: dict[str, Container] = field(default_factory=dict)

    @property
    def services(self) -> dict[str, Service]:
        """The services, with the variables of `.env` as it is now."""
        lines = (Path(OPERATOR) / ".env").read_text().splitlines()
        given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        compose: Any = read_compose(given, path=Path(OPERATOR) / "docker-compose.yml")
        return services_of(compose)

    def check_out(self) -> None:
        """The files that the container engine reads, as `git clone` brings them."""
        for name in CHECKED_OUT:
            target = Path(OPERATOR) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(environment.ROOT / name, target)

    def secret(self, name: str) -> str:
        """One of the secrets."""
        return (Path(OPERATOR) / "secrets" / name).read_text().strip()

    def up(self, *names: str, without: Collection[str] = ()) -> None:
        """Start these services, or all, each when what it waits for is there; and wait until all are well."""
        for name in names or tuple(self.services):
            if name not in self.running and name not in without:
                self._start(name)
        for name, container in self.running.items():
            if name not in {"migrate", *without}:
                container.wait_until_well()

    def _start(self, name: str) -> None:
        self.wait_for_parts(name)
        self.running[name] = self.another(name, as_name=name)

    def wait_for_parts(self, name: str) -> None:
        """Start what a service waits for, as far as it does not run, and wait as it does."""
        for part, condition in self.services[name].parts.items():
            if part not in self.running:
                self._start(part)
            if condition == "service_completed_successfully":
                self.running[part].wait_for_its_end()
            else:
                self.running[part].wait_until_well()

    def another(
        self, name: str, *, as_name: str, settings: Mapping[str, str] | None = None, command: Sequence[str] = ()
    ) -> Container:
        """One more container of a service, as `docker compose up --scale` starts it; for the caller to stop."""
        container = Container(self.services[name], IMAGES.get(name, self.image), as_name, settings or {}, command)
        container.start()
        return container

    def stop(self) -> dict[str, tuple[float, int]]:
        """Stop everything in good order; the seconds that each took, and the code with which it ended."""
        took = {}
        for name in reversed(list(self.running)):
            container = self.running.pop(name)
            if name != "migrate":
                seconds = container.stop()
                assert container.popen is not None
                took[name] = (seconds, container.popen.returncode)
        return took

    def lose(self) -> None:
        """Lose the machine: everything dies at once, and its disk with it."""
        for container in self.running.values():
            container.kill()
        self.running.clear()
        remove_volumes()
