"""The production shape in `docker-compose.yml`: what holds for every service, and who reaches what.

That its commands run is tried by `make production-trial`.
"""

import re
from typing import Any

import pytest

from tests import environment
from tests.compose import MissingVariableError, Service, read_compose, services_of
from tests.production.handbook import blocks_of

GIVEN = {"DOMAIN": "listkeep.example", "EMAIL_HOST": "mail.example", "DEFAULT_FROM_EMAIL": "listkeep@listkeep.example"}
COMPOSE: Any = read_compose(GIVEN)
SERVICES = services_of(COMPOSE)
LISTKEEP = [name for name, one in SERVICES.items() if str(one.raw["image"]).startswith("listkeep:")]
WHOLE_SYSTEM = ("Back up the whole system", "Restore the whole system")

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))


@every_service
def test_service_has_limits_and_no_right_too_many(service: Service) -> None:
    raw = service.raw
    assert set(raw["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert (raw["read_only"], raw["cap_drop"], raw["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert raw.get("cap_add", []) == (["NET_BIND_SERVICE"] if service.name == "proxy" else [])
    assert raw["logging"]["options"]["max-size"] == "50m"


@every_service
def test_service_says_whether_it_is_well(service: Service) -> None:
    if service.name == "migrate":  # over when it is done
        assert service.raw["healthcheck"] == {"disable": True}
    else:
        assert service.check
        assert set(service.raw["healthcheck"]) >= {"interval", "timeout"}


@every_service
def test_image_has_a_version(service: Service) -> None:
    name, _colon, tag = str(service.raw["image"]).partition(":")
    assert name
    assert tag == "current" if service.name in LISTKEEP else re.fullmatch(r"\d+(\.\d+)+", tag)


@every_service
def test_no_secret_stands_in_the_environment_or_the_command(service: Service) -> None:
    secret = re.compile(r"(PASSWORD|SECRET|TOKEN)")
    inline = {name for name in service.environment if secret.search(name) and not name.endswith("_FILE")}
    assert inline == set()
    addresses = [value for name, value in service.environment.items() if name.endswith("_URL")]
    assert [one for one in addresses if re.search(r"://[^@/]*:[^@/]+@", one)] == []
    files = {value.removeprefix("/run/secrets/") for name, value in service.environment.items() if "_FILE" in name}
    read = set(re.findall(r"/run/secrets/(\w+)", " ".join(service.command)))
    assert files | read <= set(service.secrets)


def test_secrets_are_files_that_git_and_images_leave_out() -> None:
    assert {one["file"] for one in COMPOSE["secrets"].values()} == {f"./secrets/{name}" for name in COMPOSE["secrets"]}
    for path in (".gitignore", ".dockerignore"):
        assert "secrets" in (environment.ROOT / path).read_text().splitlines()


def test_only_the_migrating_job_knows_owner_and_administrator() -> None:
    knowing = {
        name: [one for one in service.secrets if "owner" in one or "admin" in one] for name, service in SERVICES.items()
    }
    assert {name: known for name, known in knowing.items() if known} == {
        "migrate": ["database_owner_password", "database_admin_password"],
        "postgres": ["database_admin_password"],
    }


def test_data_can_be_reached_neither_from_outside_nor_from_the_proxy() -> None:
    networks = {name: set(service.raw["networks"]) for name, service in SERVICES.items()}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name, one in networks.items() if "front" in one} == {"web", "proxy"}
    assert networks["proxy"] == {"front"}
    assert [networks[name] for name in ("postgres", "redis", "storage")] == [{"inside"}] * 3
    assert [name for name, service in SERVICES.items() if "ports" in service.raw] == ["proxy"]


def test_workers_are_given_longer_to_stop_than_their_jobs_have() -> None:
    for name, service in SERVICES.items():
        if " worker " in " ".join(service.command):
            stop = float(service.environment["LISTKEEP_STOP_SECONDS"])
            assert (name, service.raw["stop_grace_period"], stop) == (name, "90s", 60)


def test_servers_of_data_are_given_time_to_stop() -> None:
    given = {name: SERVICES[name].raw["stop_grace_period"] for name in ("postgres", "redis", "storage")}
    assert given == {"postgres": "2m", "redis": "30s", "storage": "60s"}  # the storage needs more than Docker's 10


def test_redis_refuses_messages_before_its_container_runs_out_of_memory() -> None:
    most = re.search(r"--maxmemory (\d+)mb", " ".join(SERVICES["redis"].command))
    assert most
    assert (int(most[1]), SERVICES["redis"].raw["deploy"]["resources"]["limits"]["memory"]) == (640, "1G")


def test_commands_for_operators_name_what_there_is() -> None:
    blocks = [block for section in ("Install", "Upgrade", *WHOLE_SYSTEM) for block in blocks_of(section)]
    text = "\n".join(blocks).replace("\\\n", " ")
    services = re.findall(r"docker compose (?:exec(?: -T)?|run --rm) (\S+)", text)
    started = re.findall(r"docker compose up --detach --wait((?: [a-z]+)*)", text)
    assert {*services, *" ".join(started).split()} == {"web", "migrate", "postgres", "redis", "storage"}
    assert set(re.findall(r"--network (\S+)", text)) == {f"{COMPOSE['name']}_inside"}
    assert set(re.findall(r"^for name in (.+?); do", text, re.MULTILINE | re.DOTALL)[0].split()) == set(
        COMPOSE["secrets"]
    )


def test_everything_waits_for_the_migrating_job() -> None:
    waiting = {name for name in LISTKEEP if SERVICES[name].parts.get("migrate") == "service_completed_successfully"}
    assert waiting == set(LISTKEEP) - {"migrate"}


def test_every_volume_and_network_is_declared() -> None:
    named = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.raw.get("volumes", [])
        if not volume.startswith("/")
    }
    assert named == set(COMPOSE["volumes"])
    assert {one for service in SERVICES.values() for one in service.raw["networks"]} == set(COMPOSE["networks"])


@pytest.mark.parametrize("missing", GIVEN)
def test_variable_without_which_nothing_works_is_asked_for(missing: str) -> None:
    with pytest.raises(MissingVariableError, match=missing):
        read_compose({name: value for name, value in GIVEN.items() if name != missing})


def test_password_of_the_mail_server_is_read_only_when_it_has_one() -> None:
    with_user = services_of(read_compose(GIVEN | {"EMAIL_HOST_USER": "listkeep"}))["web"]
    assert with_user.environment["EMAIL_HOST_PASSWORD_FILE"].endswith("/email_password")
    assert "EMAIL_HOST_PASSWORD_FILE" not in SERVICES["web"].environment


def test_image_is_run_by_nobody_special_and_says_whether_it_is_well() -> None:
    text = (environment.ROOT / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert set(bases) == {"python:3.11.16-slim-bookworm"}
    last = text[text.rindex("FROM ") :]
    assert re.findall(r"^USER (.+)", last, re.MULTILINE) == ["listkeep"]
    assert re.search(r"^HEALTHCHECK .*config\.health", last, re.MULTILINE)
    assert not re.search(r"^(ENV|ARG).*(SECRET|PASSWORD|TOKEN)", text, re.MULTILINE)
