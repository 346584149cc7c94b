"""`.env.example` names what settings and compose read, and nothing else."""

import re

from config.environment import PASSWORDS
from tests import environment


def names_in(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (environment.ROOT / path).read_text(), re.MULTILINE))


def test_env_example_names_each_variable_once() -> None:
    reading = r'(?:environ\.get|env_bool|env_list|env_number|env_secret|env_url)\(\s*"(\w+)"'
    settings = names_in("config/settings.py", reading) | set(PASSWORDS) | set(PASSWORDS.values())
    compose = names_in("docker-compose.yml", r"\$\{(\w+)")
    server = names_in("config/web_server.py", r"environ\.get\([\x27\"](\w+)")
    stack = names_in("config/embedded/__main__.py", r'environ\.get\("(\w+)"') - {"LISTKEEP_STARTED", "PATH"}
    example = re.findall(r"^(?:# )?([A-Z0-9_]+)=", (environment.ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(example) == sorted(settings | compose | server | stack)
