"""No file over 400 lines: `python -m config.file_lengths` names those that are, so that they are split by noun."""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 400
FOLDERS = ("accounts", "backups", "benchmarks", "config", "imports", "recipients", "static", "templates", "tests")
SUFFIXES = {".py", ".html", ".css", ".js", ".txt"}


def too_long(root: Path) -> Iterator[str]:
    """One sentence for each file that is too long; migrations are made by a program and may be."""
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*")):
        if path.suffix in SUFFIXES and "migrations" not in path.parts:
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LONGEST:
                yield f"{path.relative_to(root)} has {lines} lines; {LONGEST} are the most."


def main() -> int:
    """Print each file that is too long; the exit code is 1 when there is one."""
    found = list(too_long(ROOT))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
