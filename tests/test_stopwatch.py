"""The benchmarks name steps of the product by their functions; one that has moved would end a long run at its end."""

import os
import subprocess
import sys
from pathlib import Path

from tests import environment


def test_each_step_that_the_stopwatch_names_is_there(tmp_path: Path) -> None:
    load = "import django; django.setup(); import benchmarks.stopwatch"
    named = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "BENCH_STEPS": str(tmp_path / "steps.jsonl")}
    # In a process of its own, because loading it wraps the steps.
    loaded = subprocess.run(
        [sys.executable, "-c", load], cwd=environment.ROOT, env=named, check=False, capture_output=True, text=True
    )
    assert (loaded.returncode, loaded.stderr) == (0, "")
