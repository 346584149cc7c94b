"""What a person gets who uploads an export again and changes nothing on the mapping page."""

from pathlib import Path
from typing import Any

from imports.readers import Source, guess_mapping, read, sniff
from recipients.masterdata.file import MasterDataFile
from tests.recipients.masterdata.rows import FIELDS

EMPTY: dict[str, Any] = dict.fromkeys(
    [
        "registered_at",
        "activated_at",
        "deactivated_at",
        "bounced_at",
        "source",
        "tags",
        *(field.key for field in FIELDS),
    ]
)


def ignore_progress(done: int, known: int | None) -> None:
    """A progress that nobody watches."""


def restored(path: Path, *, source: Source | None = None) -> list[dict[str, Any]]:
    """The rows that the file is read as; none may be rejected. `source`: chosen by the person, not guessed."""
    sniffed = sniff(path, file_name=path.name, chosen=source)
    target = path.with_name("restored.parquet")
    result = read(
        path,
        source=sniffed.source,
        mapping=guess_mapping(sniffed.columns, FIELDS),
        fields=FIELDS,
        target=target,
        rejected=path.with_name("rejected.parquet"),
        progress=ignore_progress,
    )
    assert result.rejected_by_reason == {}
    with MasterDataFile.open(target) as file:
        found = [row for batch in file.batches() for row in batch.to_pylist()]
    for row in found:
        del row["line"]
    return found
