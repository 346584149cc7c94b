"""Listkeep beside django-import-export: the same file, the same PostgreSQL, the same run.

Listkeep's seconds are those of the whole way through its workers, from the confirmation to the report; for the update
the backup is part of it. The peer's are those of its import alone, once (`benchmarks.peer` says with which settings).
"""

import json
import os
import subprocess
from pathlib import Path

import psycopg

from benchmarks import floors
from benchmarks.jobs import Customer, seconds_of_import
from benchmarks.place import ROOT, VAR
from benchmarks.table import Row
from config.embedded import addresses

PYTHON = ROOT / ".venv-bench" / "bin" / "python"
DATABASE = "peer"


def measure(customer: Customer, files: tuple[Path, Path], rows: int, repeats: int) -> list[Row]:
    """Creating from the first file, updating all from the second."""
    ours: dict[str, list[float]] = {"creating": [], "updating": []}
    for _repeat in range(repeats):
        floors.empty()
        group = customer.group()
        floors.vacuum()
        for kind, path, figure in zip(ours, files, ("added", "changed"), strict=True):
            seconds, run = seconds_of_import(customer, group, path)
            if run.report[figure] != rows:
                raise RuntimeError(f"Not every row was {figure}: {run.report}")
            ours[kind].append(seconds)
            floors.vacuum()
    peer = seconds_of_peer(files)
    bars = {"creating": 8.0, "updating": 50.0}
    return [
        Row("", what(kind, rows), ours[kind], [peer[kind]], bar=bar, aim=bar, at_least=True)
        for kind, bar in bars.items()
    ]


def what(kind: str, rows: int) -> str:
    """The line's text."""
    backup = ", backup included" if kind == "updating" else ""
    return f"{kind} {rows:,} rows{backup} / django-import-export"


def seconds_of_peer(files: tuple[Path, Path]) -> dict[str, float]:
    """Seconds of the peer for both files, in a new database."""
    with psycopg.connect(addresses.admin_url(VAR), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {DATABASE}")
        environment = os.environ | {"PEER_DATABASE_URL": addresses.admin_url(VAR, name=DATABASE)}
        command = [str(PYTHON), "-m", "benchmarks.peer", *map(str, files)]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
        admin.execute(f"DROP DATABASE {DATABASE}")
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds
