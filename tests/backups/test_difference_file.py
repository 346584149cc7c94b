"""The difference file against a model in plain Python: each recipient is in one kind, each changed value in one row."""

from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import difference_file
from backups.difference_file import FieldChange, Figures, read_figures, write_differences
from recipients.masterdata import merging
from recipients.masterdata.file import (
    Description,
    FieldDefinition,
    FieldScope,
    FieldType,
    MasterDataFile,
    MasterDataWriter,
    schema_for,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 3, 4, 5, 7, tzinfo=UTC)
TEXTS = {AT: "2026-01-02T03:04:05+00:00", LATER: "2026-01-02T03:04:05.000007+00:00"}
Row = tuple[str, str, str, str | None, str | None]
People = dict[str, dict[str, Any]]


def field(key: str, kind: FieldType, label: str = "", scope: FieldScope = FieldScope.LIST) -> FieldDefinition:
    return FieldDefinition(key=key, label=label or key, type=kind, scope=scope)


BEFORE = (field("ort", FieldType.TEXT), field("umsatz", FieldType.NUMBER), field("alt", FieldType.TEXT))
AFTER = (field("ort", FieldType.TEXT, "Stadt"), field("umsatz", FieldType.TEXT), field("neu", FieldType.DATE))


def write(path: Path, fields: tuple[FieldDefinition, ...], people: People) -> None:
    schema = schema_for(fields)
    description = Description("Kunden", "", {}, fields, revision=7, trigger="import", taken_at=AT)
    rows = [{"email": email, **people[email]} for email in sorted(people, key=str.encode)]
    with MasterDataWriter(path, description, schema) as writer:
        if rows:
            writer.write(pa.RecordBatch.from_pylist(rows, schema))


class Gone:
    """Some people, as `recipients.erased.Erased`."""

    def __init__(self, emails: set[str]) -> None:
        self._emails = pa.array(sorted(emails), pa.string())

    def __bool__(self) -> bool:
        return bool(len(self._emails))

    def found_in(self, emails: pa.Array) -> pa.BooleanArray:
        return pa.compute.is_in(emails, value_set=self._emails)


def compared(
    before: People,
    after: People,
    fields: tuple[tuple[FieldDefinition, ...], tuple[FieldDefinition, ...]] = (BEFORE, AFTER),
    gone: set[str] | None = None,
) -> tuple[Figures, list[Row]]:
    """The figures, and the rows of the file."""
    with TemporaryDirectory() as name, ExitStack() as opened:
        folder = Path(name)
        for path, described, people in zip(("a", "b"), fields, (before, after), strict=True):
            write(folder / path, described, people)
        files = [opened.enter_context(MasterDataFile.open(folder / path)) for path in ("a", "b")]
        told: list[int] = []
        figures = write_differences(
            files[0], files[1], folder / "c", left_out=Gone(gone or set()), progress=lambda done, _of: told.append(done)
        )
        assert not told or told[-1] == len(before) + len(after)
        with pq.ParquetFile(folder / "c") as parquet:
            assert read_figures(parquet) == figures
            return figures, [tuple(row.values()) for row in parquet.read().to_pylist()]


def text(value: Any) -> str | None:
    """A value as a cell."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return TEXTS[value]
    if isinstance(value, list):
        return ", ".join(value)
    return str(value)


def modelled(before: People, after: People) -> tuple[dict[str, int], list[Row]]:
    """What the file should hold."""
    columns = ["registered_at", "activated_at", "deactivated_at", "bounced_at", "source", "tags"]
    columns += ["ort", "umsatz", "neu", "alt"]
    counts = {"added": 0, "removed": 0, "changed": 0, "unchanged": 0}
    rows: list[Row] = []
    for email in sorted({*before, *after}, key=str.encode):
        if email not in after or email not in before:
            kind = "removed" if email in before else "added"
            counts[kind] += 1
            rows.append((email, kind, "", None, None))
            continue
        values = [(name, text(before[email].get(name)), text(after[email].get(name))) for name in columns]
        changes: list[Row] = [(email, "changed", *value) for value in values if value[1] != value[2]]
        counts["changed" if changes else "unchanged"] += 1
        rows += changes
    return counts, rows


BASE = {
    "source": st.none() | st.sampled_from(["Messe", "=1+1"]),
    "tags": st.none() | st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=2),
    "deactivated_at": st.none() | st.just(AT),
    "ort": st.none() | st.sampled_from(["Köln", "Ulm"]),
}
EMAILS = st.sampled_from([f"{letter}@example.org" for letter in "abcdéfgz"])
OLD = st.dictionaries(
    EMAILS,
    st.fixed_dictionaries(
        {**BASE, "umsatz": st.none() | st.sampled_from([Decimal(1), Decimal("2.5")]), "alt": BASE["ort"]}
    ),
)
NEW = st.dictionaries(
    EMAILS,
    st.fixed_dictionaries(
        {**BASE, "umsatz": st.none() | st.sampled_from(["1", "2.50"]), "neu": st.none() | st.just(date(2000, 2, 29))}
    ),
)


@given(before=OLD, after=NEW, gone=st.sets(EMAILS, max_size=2), window=st.integers(1, 3))
def test_file_is_the_one_of_the_model(before: People, after: People, gone: set[str], window: int) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(merging, "WINDOW_ROWS", window)
        small.setattr(difference_file, "ROW_GROUP_ROWS", 2)
        figures, rows = compared(before, after, gone=gone)
    counts, expected = modelled(
        *({email: side[email] for email in side if email not in gone} for side in (before, after))
    )
    assert rows == expected
    assert {name: getattr(figures, name) for name in counts} == counts
    changed = [row[2] for row in expected if row[1] == "changed"]
    assert {one.key: one.count for one in figures.fields if one.count} == {
        name: changed.count(name) for name in changed
    }


def test_fields_say_what_they_were_and_are() -> None:
    figures, _rows = compared({}, {})
    assert [one for one in figures.fields if one.type_before or one.type_after] == [
        FieldChange("ort", 0, "ort", "Stadt", "text", "text"),
        FieldChange("umsatz", 0, "umsatz", "umsatz", "number", "text"),
        FieldChange("neu", 0, None, "neu", None, "date"),
        FieldChange("alt", 0, "alt", None, "text", None),
    ]


def test_moments_that_differ_by_less_than_a_second_are_a_change() -> None:
    figures, rows = compared({"a@b.de": {"bounced_at": AT}}, {"a@b.de": {"bounced_at": LATER}})
    assert rows == [("a@b.de", "changed", "bounced_at", TEXTS[AT], TEXTS[LATER])]
    assert (figures.changed, figures.unchanged) == (1, 0)


def test_account_wide_field_is_told() -> None:
    wide = (field("ort", FieldType.TEXT, scope=FieldScope.ACCOUNT),)
    figures, _rows = compared({}, {}, fields=(wide, wide))
    assert [one.key for one in figures.fields if one.is_account_wide] == ["ort"]


def test_no_file_is_left_of_a_comparison_that_is_stopped(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, BEFORE, {"a@b.de": {}})

    def stop(_done: int, _known: int | None) -> None:
        raise RuntimeError

    with (
        MasterDataFile.open(tmp_path / "a") as before,
        MasterDataFile.open(tmp_path / "b") as after,
        pytest.raises(RuntimeError),
    ):
        write_differences(before, after, tmp_path / "c", left_out=None, progress=stop)
    assert not (tmp_path / "c").exists()
