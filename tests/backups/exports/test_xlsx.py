"""The XLSX export: typed cells, nothing that runs, and the same data again when it is read (P5)."""

import tempfile
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from backups.exports import xlsx
from backups.exports.refusals import CellTooLong, SheetTooLarge, TooManyRows
from backups.exports.xlsx import refuse_too_many, write_xlsx
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.labels import LANGUAGES, Language
from tests.backups.exports.reading import EMPTY, ignore_progress, restored
from tests.recipients.masterdata.rows import HOSTILE, rows, storable, write_rows

# What XML cannot hold, and texts that look like the notation for it.
NOTATIONS = (
    "a\ufffeb\uffff",
    "_xFFFF_",
    "_xfffe_\ufffe_xFFFE_",
    "_x0041_",
    "_x0041_x0042_",
    "_x0041\x01",
    "__x0041_",
    "_x005F_x0041_",
    "_x005f_xFFFF_",
    "_x005F\uffff",
    "_x005F_x005F_\uffff_",
    "_X0041_",
    "_x00g1_",
    "a\x01\x0b\x1fb\x7f",
    "a\rb\r\nc\nd\te",
    "<b>&amp;</b>&#13;",
    "]]>",
    "&lt;",
    "a  b",
    "#N/A",
    "#REF!",
    "'#N/A",
    "'''=1",
    "TRUE",
    "1.10",
    "1e400",
    "1899-12-31",
)


def export(folder: Path, some_rows: list[dict[str, Any]], *, language: Language = "de") -> Path:
    """The workbook of a backup with these rows."""
    write_rows(folder / "backup.parquet", some_rows)
    path = folder / "export.xlsx"
    with MasterDataFile.open(folder / "backup.parquet") as file:
        assert write_xlsx(file, path, language=language, progress=ignore_progress) == len(some_rows)
    return path


def sheet_of(path: Path) -> Worksheet:
    """The workbook's only sheet, as openpyxl reads it."""
    (sheet,) = openpyxl.load_workbook(path).worksheets
    return sheet


@settings(max_examples=60)
@given(rows(), st.sampled_from(LANGUAGES))
def test_export_read_again_is_the_backup(some_rows: list[dict[str, Any]], language: Language) -> None:
    with tempfile.TemporaryDirectory() as name:
        assert restored(export(Path(name), some_rows, language=language)) == some_rows


def test_hostile_texts_are_the_same_when_read_again(tmp_path: Path) -> None:
    texts = [text for text in (*HOSTILE, *NOTATIONS) if storable(text) == text]
    some_rows = [
        {**EMPTY, "email": f"{number}@example.org", "source": text, "vorname": text, "notiz": text}
        for number, text in enumerate(texts)
    ]
    assert restored(export(tmp_path, some_rows)) == some_rows


@pytest.mark.parametrize(
    "number",
    ["0", "-0.0000000001", "123456789012345", "1234567890123456", "99999.9999999999", "0.1", "1e27", "-12.5"],
)
def test_number_is_the_same_to_its_last_digit(tmp_path: Path, number: str) -> None:
    some_rows = [{**EMPTY, "email": "a@example.org", "umsatz": Decimal(number)}]
    assert restored(export(tmp_path, some_rows)) == some_rows


def test_cells_have_types(tmp_path: Path) -> None:
    row = {
        **EMPTY,
        "email": "a@example.org",
        "registered_at": datetime(2024, 7, 1, 10, 0, 5, tzinfo=UTC),
        "source": "=HYPERLINK(1)",
        "tags": ["vip", "b2b"],
        "vorname": "007",
        "umsatz": Decimal("-1234.5"),
        "geburtstag": date(1980, 2, 29),
        "anrede": "male",
    }
    old = {**EMPTY, "email": "b@example.org", "geburtstag": date(1899, 1, 2), "umsatz": Decimal(1234567890123456)}
    header, first, second = sheet_of(export(tmp_path, [row, old])).iter_rows()
    found = {name.value: (cell.data_type, cell.value) for name, cell in zip(header, first, strict=True) if cell.value}
    assert found == {
        "E-Mail": ("s", "a@example.org"),
        "Registriert am": ("s", "2024-07-01T10:00:05+00:00"),
        "Quelle": ("s", "=HYPERLINK(1)"),
        "Tags": ("s", "vip, b2b"),
        "Vorname": ("s", "007"),
        "Umsatz 2026": ("n", -1234.5),
        "Geburtstag": ("d", datetime(1980, 2, 29)),  # noqa: DTZ001  # a date in a workbook
        "Anrede": ("s", "männlich"),
    }
    assert [cell.value for cell in second if cell.value] == ["b@example.org", "1234567890123456", "1899-01-02"]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    some_rows = [{**EMPTY, "email": "=a@example.org", "vorname": text} for text in ("=1+1", "+1", "-1", "@A1", "\t=1")]
    with zipfile.ZipFile(export(tmp_path, some_rows)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert (b"<f" in sheet.replace(b"<filter", b""), sheet.count(b't="str"')) == (False, 0)


def test_text_cells_stay_text_when_somebody_edits_them(tmp_path: Path) -> None:
    sheet = sheet_of(export(tmp_path, [{**EMPTY, "email": "a@example.org", "vorname": "007"}]))
    assert (sheet["A2"].number_format, sheet["H2"].number_format) == ("@", "@")


def test_sheet_has_its_header_in_sight_and_a_filter(tmp_path: Path) -> None:
    sheet = sheet_of(export(tmp_path, [{**EMPTY, "email": "a@example.org", "vorname": "x" * 500}]))
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet["A1"].font.b) == ("A2", "A1:M2", True)
    assert (sheet.column_dimensions["A"].width, sheet.column_dimensions["H"].width) == (14, 48)


def test_list_without_recipients_is_a_header(tmp_path: Path) -> None:
    path = export(tmp_path, [])
    assert [cell.value for cell in sheet_of(path)[1]][:2] == ["E-Mail", "Registriert am"]
    assert restored(path) == []


def test_sheet_is_called_as_the_list_as_far_as_a_sheet_may_be(tmp_path: Path) -> None:
    assert sheet_of(export(tmp_path, [])).title == "Kunden „2026“"


# --- what does not fit --------------------------------------------------------------------------------------------


def test_sheet_has_room_for_so_many_recipients_and_a_header() -> None:
    refuse_too_many(1_048_575)
    with pytest.raises(TooManyRows):
        refuse_too_many(1_048_576)


def test_text_longer_than_a_cell_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    tags = [str(number) * 2_000 for number in range(1, 10)] + ["😀" * 8_000]  # 26,000 characters, 34,000 in UTF-16
    with pytest.raises(CellTooLong) as refused:
        export(tmp_path, [{**EMPTY, "email": "a@example.org", "tags": tags}])
    assert (refused.value.code, refused.value.detail) == ("cell_too_long", {"column": "Tags"})
    assert not (tmp_path / "export.xlsx").exists()


def test_longest_text_fits(tmp_path: Path) -> None:
    some_rows = [{**EMPTY, "email": "a@example.org", "vorname": "😀" * 10_000, "notiz": "<" * 10_000}]
    assert restored(export(tmp_path, some_rows)) == some_rows


def test_sheet_that_no_program_opens_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_SHEET_BYTES", 1_500)
    with pytest.raises(SheetTooLarge):
        export(tmp_path, [{**EMPTY, "email": "a@example.org", "vorname": "x" * 1_000}])
    assert not (tmp_path / "export.xlsx").exists()
