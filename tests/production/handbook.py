"""What `docs/operations.md` has an operator type: the trial types just that."""

import re

from tests import environment


def blocks_of(heading: str) -> list[str]:
    """The blocks of commands in the section under that heading, in their order. Fails when there are none."""
    text = (environment.ROOT / "docs/operations.md").read_text()
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, heading
    blocks = re.findall(r"^```\n(.*?)^```$", found[1], re.DOTALL | re.MULTILINE)
    assert blocks, heading
    return blocks
