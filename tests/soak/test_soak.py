"""A short soak, as `make soak` does a long one."""

import re
import subprocess
import sys
from pathlib import Path

from tests import environment
from tests.soak.plan import plan_try

SEED = 45


def test_short_soak_finds_no_violation(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.soak", "--tries", "4", "--seed", str(SEED), "--log", str(tmp_path)]
    done = subprocess.run(command, cwd=environment.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^violations 0$", done.stdout, re.MULTILINE)


def test_plan_of_the_short_soak_has_each_kind_of_fault() -> None:
    kinds = {one.what.split("_", 1)[0] for number in range(4) for one in plan_try(SEED, number).breaks}
    assert kinds == {"kill", "empty", "restart", "storage"}


def test_plan_is_the_same_for_the_same_seed() -> None:
    assert plan_try(3, 5) == plan_try(3, 5)
    assert len({plan_try(seed, number).mark for seed in range(3) for number in range(3)}) == 9
