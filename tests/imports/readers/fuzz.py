"""Try to break the readers: `make fuzz SECONDS=3600`, or `python -m tests.imports.readers.fuzz --seconds 60 --seed 7`.

Each input is a file of real shape that something happened to, drawn from a number; the same number is always the same
input. It is looked at, mapped and read as the wizard does, sometimes by other choices than the guessed ones. The only
ends allowed are a result that adds up, and an error that can be told; within limits, and with no file left behind.
A failing input is kept, with its number and what went wrong. `--input NUMBER` runs one again.
"""

import argparse
import faulthandler
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

import pyarrow.parquet as pq
import pytest

from imports.readers import (
    DELIMITERS,
    ENCODINGS,
    STATUS_TARGET,
    ColumnMapping,
    DateFormat,
    DecimalMark,
    InvalidMapping,
    Kind,
    ReadResult,
    Sniffed,
    Source,
    StatusFormat,
    UnreadableFile,
    delimited,
    guess_mapping,
    original_header,
    read,
    rejects,
    sniff,
)
from recipients.masterdata.blocklist import BlockList
from recipients.masterdata.file import BASE_COLUMNS, FieldType, MasterDataFile
from tests.imports.readers.files import field, ignore_progress
from tests.imports.readers.fuzz_files import MAKERS
from tests.imports.readers.fuzz_spoilers import spoilt

SECONDS_EACH: Final = 20.0
MEGABYTES: Final = 550  # more than before, at any instant of one attempt
NAMES: Final = ("kunden.csv", "kunden.tsv", "kunden.xlsx", "kunden.zip", "kunden")
FIELDS: Final = (
    field("vorname"),
    field("geburtstag", FieldType.DATE),
    field("umsatz", FieldType.NUMBER),
    field("anrede", FieldType.GENDER),
    field("plz"),
)
BLOCKED: Final = BlockList(["*@blocked.example.org", "7@*"])


class Wrong(AssertionError):
    """What must not happen has happened."""


def attempt(number: int, folder: Path, content: bytes | None = None) -> str:
    """Draw the input of that number and read it in an empty folder; gives how it ended. Raises what must not happen."""
    chance = Random(number)
    drawn = spoilt(chance.choice(MAKERS)(chance), chance)
    path = folder / "upload"
    path.write_bytes(drawn if content is None else content)
    started = time.monotonic()
    before = _resident_megabytes_from_now_on()
    with pytest.MonkeyPatch.context() as patch:
        # Small pieces, so that small files have many borders between them.
        patch.setattr(delimited, "PIECE_BYTES", chance.choice([1024 * 1024, 4_096, 300, 64]))
        patch.setattr(delimited, "MAX_RECORD_BYTES", chance.choice([32 * 1024 * 1024, 8_192]))
        patch.setattr(rejects, "_WAITING_BYTES", chance.choice([4 * 1024 * 1024, 100]))
        patch.setattr(tempfile, "tempdir", str(folder))
        try:
            end = _read_it(path, chance)
        except UnreadableFile as error:
            end = error.code.value
        except InvalidMapping as error:
            end = f"mapping: {error.code}"
    seconds = time.monotonic() - started
    if seconds > SECONDS_EACH:
        raise Wrong(f"It took {seconds:.1f} seconds.")
    megabytes = _megabytes("VmHWM") - before
    if megabytes > MEGABYTES:
        raise Wrong(f"It took {megabytes} MB.")
    left = {each.name for each in folder.iterdir()} - {"upload", *(("target", "rejected") if end == "read" else ())}
    if left:
        raise Wrong(f"It left {sorted(left)}.")
    return end


def _resident_megabytes_from_now_on() -> int:
    """The memory of this process, whose high-water mark begins anew: what ran before does not count (`man 5 proc`)."""
    Path("/proc/self/clear_refs").write_text("5")
    return _megabytes("VmRSS")


def _megabytes(figure: str) -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{figure}:")]
    return int(line.split()[1]) // 1024


def _read_it(path: Path, chance: Random) -> str:
    sniffed = sniff(path, file_name=chance.choice(NAMES))
    mapping = guess_mapping(sniffed.columns, FIELDS)
    source = sniffed.source
    if chance.random() < 0.3:
        source = _chosen(source, chance)
        sniffed = sniff(path, file_name="kunden", chosen=source)
    if chance.random() < 0.3:
        mapping = _mapped(sniffed, chance)
    if not any(entry.target == "email" for entry in mapping):
        mapping.append(ColumnMapping("email", 0))
    result = read(
        path,
        source=source,
        mapping=mapping,
        fields=FIELDS,
        target=path.with_name("target"),
        rejected=path.with_name("rejected"),
        progress=ignore_progress,
        blocked=chance.choice([None, BLOCKED]),
    )
    _check(result, path)
    return "read"


def _chosen(source: Source, chance: Random) -> Source:
    """Other choices than the guessed ones, as a person could make them."""
    if source.kind is not Kind.CSV:
        return Source(source.kind, None, None, chance.random() < 0.5, chance.choice([None, source.sheet, "Tabelle9"]))
    return Source(Kind.CSV, chance.choice(ENCODINGS), chance.choice([*DELIMITERS, ""]), chance.random() < 0.5, None)


def _mapped(sniffed: Sniffed, chance: Random) -> list[ColumnMapping]:
    """Any columns to any targets, sometimes impossibly."""
    targets = [*BASE_COLUMNS, *(each.key for each in FIELDS), STATUS_TARGET]
    width = len(sniffed.columns)
    return [
        ColumnMapping(
            target if chance.random() < 0.99 else "gibt es nicht",
            chance.choice([None, *range(width), *range(width)]) if chance.random() < 0.99 else width,
            chance.choice([None, "", "1.1.2024", "aktiv", "vip"]),
            chance.choice([None, *DateFormat]),
            chance.choice([None, *DecimalMark]),
            chance.choice([None, *StatusFormat]),
        )
        for target in chance.sample(targets, chance.randrange(1, len(targets)))
    ]


def _check(result: ReadResult, path: Path) -> None:
    """What was read must add up: every row once, in order, and every rejected one with all of its cells."""
    with MasterDataFile.open(path.with_name("target")) as file:
        lines = [line for batch in file.batches(["line"]) for line in batch.column("line").to_pylist()]
        blank = any(not email for batch in file.batches(["email"]) for email in batch.column("email").to_pylist())
    with pq.ParquetFile(path.with_name("rejected")) as file_of_rejected:
        width = len(original_header(file_of_rejected))
        rejected = file_of_rejected.read().to_pylist()
    rejected_lines = [row["line"] for row in rejected]
    reasons = Counter(row["reason"] for row in rejected)
    facts = {
        "counted": result.rows_total == result.rows_read + len(rejected) and result.rows_read == len(lines),
        "by reason": dict(reasons) == result.rejected_by_reason,
        "in order": lines == sorted(set(lines)) and rejected_lines == sorted(set(rejected_lines)),
        "once": not set(lines) & set(rejected_lines),
        "with addresses": not blank,
        "with cells": all(len(row["cells"]) >= width for row in rejected),
    }
    wrong = [name for name, holds in facts.items() if not holds]
    if wrong:
        raise Wrong(f"Not {', not '.join(wrong)}: {result}, {len(lines)} read, {len(rejected)} rejected.")


def main() -> int:
    """Run inputs for some time; the exit code is 1 when one failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() // 1_000_000_000)
    parser.add_argument("--input", type=int)
    parser.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "listkeep-fuzz")
    options = parser.parse_args()
    options.kept.mkdir(exist_ok=True)
    first = options.seed * 1_000_000_000 if options.input is None else options.input
    ends: Counter[str] = Counter()
    failed = 0
    started = told = time.monotonic()
    number = first
    while time.monotonic() - started < options.seconds and (options.input is None or number == first):
        with tempfile.TemporaryDirectory(prefix="listkeep-fuzz-") as folder:
            end = _attempt_and_keep(number, Path(folder), options.kept)
        ends[end] += 1
        failed += end == "FAILED"
        number += 1
        if time.monotonic() - told > 60:
            told = time.monotonic()
            _say(f"{number - first} inputs, {failed} failed, {told - started:.0f} seconds")
    _say(f"Seed {options.seed}: {number - first} inputs in {time.monotonic() - started:.0f} seconds, {failed} failed")
    sys.stdout.writelines(f"{count:8}  {end}\n" for end, count in ends.most_common())
    return 1 if failed else 0


def _attempt_and_keep(number: int, folder: Path, kept: Path) -> str:
    """`attempt`; a failing input is kept and told, and so is one that ends or hangs this process."""
    running = kept / f"running-{os.getpid()}"
    running.write_text(str(number))
    faulthandler.dump_traceback_later(10 * SECONDS_EACH, exit=True)
    try:
        return attempt(number, folder)
    except Exception:  # noqa: BLE001  # whatever it is, it is what is looked for
        what = traceback.format_exc()
        _say(f"FAILED: input {number}\n{what}")
        upload = folder / "upload"
        if upload.exists():
            (kept / f"{number}.upload").write_bytes(upload.read_bytes())
        (kept / f"{number}.txt").write_text(what)
        return "FAILED"
    finally:
        faulthandler.cancel_dump_traceback_later()
        running.unlink()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
