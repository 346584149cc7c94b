"""Which files count as too long."""

from pathlib import Path

from config.file_lengths import too_long


def test_files_over_the_limit_are_named_but_migrations_are_not(tmp_path: Path) -> None:
    for name, lines in {
        "accounts/long.py": 401,
        "accounts/just.py": 400,
        "accounts/migrations/0001_initial.py": 900,
        "templates/page.html": 402,
        "static/picture.svg": 900,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("line\n" * lines)
    assert list(too_long(tmp_path)) == [
        "accounts/long.py has 401 lines; 400 are the most.",
        "templates/page.html has 402 lines; 400 are the most.",
    ]
