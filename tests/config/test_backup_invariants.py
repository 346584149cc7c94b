"""docs/backup-invariants.md: the code and the tests that it names exist."""

import re

import pytest

from tests import environment

TEXT = (environment.ROOT / "docs" / "backup-invariants.md").read_text()
# A path, and after it, up to the next path, the names that stand in it.
PARTS = re.split(r"`((?:[a-z0-9_]+/)+[a-z0-9_]+\.py)`", TEXT)
NAMED = [
    (path, name)
    for path, following in zip(PARTS[1::2], PARTS[2::2], strict=True)
    for name in re.findall(r"`([A-Za-z_][A-Za-z0-9_]+)`", re.split(r"\n\d+\. |\n +- tests:|\n#|\n\|", following)[0])
]


def test_every_invariant_names_its_code_and_its_tests() -> None:
    invariants = re.split(r"\n(?=\d+\. \*\*)", TEXT)[1:]
    numbers = [int(one.partition(".")[0]) for one in invariants]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [number for number, one in zip(numbers, invariants, strict=True) if "- code:" not in one] == []
    assert [number for number, one in zip(numbers, invariants, strict=True) if "- tests:" not in one] == []


@pytest.mark.parametrize("path", sorted({path for path, _name in NAMED} | set(PARTS[1::2])))
def test_what_is_named_is_there(path: str) -> None:
    source = (environment.ROOT / path).read_text()
    names = {name for where, name in NAMED if where == path}
    assert {name for name in names if not re.search(rf"\b(?:def|class) {name}\b", source)} == set()
