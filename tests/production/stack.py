"""All services of `docker-compose.yml` together: brought up in order, spoken to, stopped and destroyed."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests import environment
from tests.compose import Service, read_compose, services_of
from tests.production.containers import IMAGES, Container, remove_volume
from tests.production.image import Image
from tests.production.machine import OWN

DOMAIN: Final = "listkeep.test"
# What an operator writes into .env.
VARIABLES: Final = {
    "DOMAIN": DOMAIN,
    "EMAIL_HOST": "localhost",
    "DEFAULT_FROM_EMAIL": f"listkeep@{DOMAIN}",
    "CADDY_CERTIFICATES": "local_certs",
}


@dataclass
class Stack:
    """The services that run, by name."""

    image: Image
    running: dict[str, Container] = field(default_factory=dict)

    def __post_init__(self) -> None:
        compose = read_compose(VARIABLES)
        self.services: dict[str, Service] = services_of(compose)
        self._secrets: list[str] = list(compose["secrets"])
        shutil.copyfile(environment.ROOT / compose["configs"]["proxy"]["file"], "/srv/proxy-config")

    def make_secrets(self) -> None:
        """A file for each secret, of any characters."""
        for name in self._secrets:
            (Path(OWN) / "secrets" / name).write_text(f"{secrets.token_urlsafe(40)}/@:#% {secrets.token_urlsafe(20)}\n")

    def secret(self, name: str) -> str:
        """One of the secrets."""
        return (Path(OWN) / "secrets" / name).read_text().strip()

    def up(self, *names: str) -> None:
        """Start these services, or all, each when what it waits for is there."""
        for name in names or tuple(self.services):
            if name not in self.running:
                self._start(name)

    def _start(self, name: str) -> None:
        for part, condition in self.services[name].parts.items():
            if part not in self.running:
                self._start(part)
            container = self.running[part]
            if condition == "service_completed_successfully":
                assert container.popen is not None
                code = container.popen.wait()
                assert code == 0, f"{part} ended with {code}:\n{container.log.read_text()[-6000:]}"
            else:
                container.wait_until_well()
        self.running[name] = self.another(name, as_name=name)

    def another(self, name: str, *, as_name: str, settings: Mapping[str, str] | None = None) -> Container:
        """One more container of a service, as `docker compose up --scale` starts it; for the caller to stop."""
        container = Container(self.services[name], IMAGES.get(name, self.image), as_name, settings or {})
        container.start()
        return container

    def wait_until_well(self) -> None:
        """Wait until every service is well, as `--wait` does."""
        for name, container in self.running.items():
            if name != "migrate":
                container.wait_until_well()

    def stop(self) -> dict[str, float]:
        """Stop everything in good order; the seconds that each took."""
        took = {}
        for name in reversed(list(self.running)):
            container = self.running.pop(name)
            if name != "migrate":
                took[name] = container.stop()
        return took

    def destroy(self, *volumes: str) -> None:
        """Lose volumes, as when a disk dies."""
        for volume in volumes:
            remove_volume(volume)
