"""`.env.example` names what settings and compose read, and nothing else."""

import re

from tests import environment


def names_in(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (environment.ROOT / path).read_text(), re.MULTILINE))


def test_env_example_names_each_variable_once() -> None:
    settings = names_in("config/settings.py", r'(?:environ\.get|env_bool|env_list|env_number)\(\s*"(\w+)"')
    compose = names_in("docker-compose.yml", r"\$\{(\w+)")
    stack = names_in("config/embedded/__main__.py", r'environ\.get\("(\w+)"') - {"LISTKEEP_STARTED", "PATH"}
    roles = set(re.findall(r'"(DATABASE_\w+)"', (environment.ROOT / "config/database_roles.py").read_text()))
    example = re.findall(r"^(?:# )?([A-Z0-9_]+)=", (environment.ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(example) == sorted(settings | compose | stack | roles)
