"""Workbooks of Excel, new and old, and archives with a table in them."""

from datetime import date, datetime
from typing import Any, Final

from imports.readers import Kind
from tests.imports.real_files.builders import workbook, workbook_of_cells, xls, zipped
from tests.imports.real_files.case import Readable, as_sheet, as_text

CUSTOMERS: Final[list[list[Any]]] = [
    ["E-Mail", "Vorname", "PLZ", "Geburtstag", "Umsatz", "Kundennummer", "VIP"],
    ["ada@example.org", "Ada", "01067", date(1980, 12, 31), 1234.5, 42, True],
    ["bob@example.org", "Bób", "99084", datetime(2000, 2, 29), -0.1, 12345678901, False],  # noqa: DTZ001
    ["cleo@example.org", None, None, None, None, None, None],
    ["dan@example.org", "Dan", 1067, "31.12.1981", "12,5", "0042", None],
]
CUSTOMERS_MAPPING: Final = {
    "email": "E-Mail",
    "vorname": "Vorname",
    "plz": "PLZ",
    "geburtstag": "Geburtstag",
    "umsatz": "Umsatz",
}
SIGN_UPS: Final[list[list[Any]]] = [
    ["E-Mail", "Anmeldedatum", "Abmeldedatum"],
    ["ada@example.org", datetime(2024, 7, 1, 12, 30, 15), None],  # noqa: DTZ001
    ["bob@example.org", datetime(2024, 1, 1, 12, 30), datetime(2025, 1, 1)],  # noqa: DTZ001
    ["cleo@example.org", "01.07.2024 12:30", "nie"],
]
ADDRESSES: Final = [["E-Mail", "Ort"], ["ada@example.org", "Köln"], ["bob@example.org", "Bonn"]]
NAMES: Final = {"email": "E-Mail", "ort": "Ort"}
# As Excel writes it: the formula, and beside it what it came to when the file was saved.
FORMULAS: Final = """\
<row r="1"><c r="A1" t="inlineStr"><is><t>E-Mail</t></is></c><c r="B1" t="inlineStr"><is><t>Ort</t></is></c>
<c r="C1" t="inlineStr"><is><t>Umsatz</t></is></c></row>
<row r="2"><c r="A2" t="str"><f>B9&amp;"@example.org"</f><v>ada@example.org</v></c>
<c r="B2" t="str"><f>VLOOKUP(A2,X:Y,2)</f><v>Köln</v></c><c r="C2"><f>SUM(D2:F2)</f><v>1234.5</v></c></row>
<row r="4"><c r="A4" t="inlineStr"><is><t>bob@example.org</t></is></c>
<c r="B4" t="str"><f>VLOOKUP(A4,X:Y,2)</f><v></v></c><c r="C4"><f>1/4</f><v>0.25</v></c></row>
<row r="5"><c r="A5" t="inlineStr"><is><t>cleo@example.org</t></is></c>
<c r="B5" t="inlineStr"><is><t>Ulm</t></is></c><c r="C5" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>
"""
XLS_ROWS: Final[list[list[str | float]]] = [
    ["E-Mail", "Vorname", "Ort", "PLZ"],
    ["ada@example.org", "Ada", "Köln", 50667.0],
    ["bob@example.org", "Bób", "Łódź", "01067"],
    ["cleo@example", "Cleo", "Bonn", 53111.0],
]
PACKED: Final = "E-Mail;Ort\r\nada@example.org;Köln\r\nbob@example.org;Bonn\r\n".encode("windows-1252")


CASES: Final = [
    Readable(
        "workbook_with_values_of_all_types",
        "kunden.xlsx",
        workbook({"Kunden": CUSTOMERS}),
        as_sheet("Kunden"),
        CUSTOMERS_MAPPING,
        notations={"geburtstag": "%d.%m.%Y", "umsatz": "sheet"},
    ),
    Readable(
        "workbook_with_times",
        "anmeldungen.xlsx",
        workbook({"Tabelle1": SIGN_UPS}),
        as_sheet("Tabelle1"),
        {"email": "E-Mail", "registered_at": "Anmeldedatum", "deactivated_at": "Abmeldedatum"},
        says={"nie": "no"},
        notations={"registered_at": "%d.%m.%Y %H:%M"},
    ),
    Readable(
        "workbook_of_several_sheets",
        "kunden.xlsx",
        workbook({"Leer": [], "Kunden": ADDRESSES, "Archiv": [["E-Mail"], ["alt@example.org"]]}),
        as_sheet("Kunden"),
        NAMES,
    ),
    Readable(
        "workbook_whose_first_sheet_is_hidden",
        "kunden.xlsx",
        workbook({"Intern": [["E-Mail"], ["geheim@example.org"]], "Kunden": ADDRESSES}, hidden=["Intern"]),
        as_sheet("Kunden"),
        NAMES,
    ),
    Readable(
        "workbook_with_blank_rows",
        "kunden.xlsx",
        workbook({"Tabelle1": [[], [], ADDRESSES[0], [], *ADDRESSES[1:], [], ["cleo@example"], [" ", None], []]}),
        as_sheet("Tabelle1"),
        NAMES,
        rejected={8: "invalid_email"},
    ),
    Readable(
        "workbook_without_a_header",
        "kunden.xlsx",
        workbook({"Tabelle1": ADDRESSES[1:]}),
        as_sheet("Tabelle1", has_header=False),
        {"email": 0},
    ),
    Readable(
        "workbook_of_formulas",
        "kunden.xlsx",
        workbook_of_cells(FORMULAS),
        as_sheet("Tabelle1"),
        {"email": "E-Mail", "ort": "Ort", "umsatz": "Umsatz"},
        rejected={5: "unreadable_number"},
    ),
    Readable(
        "workbook_of_1997",
        "kunden.xls",
        xls(XLS_ROWS),
        as_sheet("Tabelle1", kind=Kind.XLS),
        {"email": "E-Mail", "vorname": "Vorname", "ort": "Ort", "plz": "PLZ"},
        rejected={4: "invalid_email"},
        rows=[[str(int(cell)) if isinstance(cell, float) else cell for cell in row] for row in XLS_ROWS],
    ),
    Readable("workbook_named_csv", "kunden.csv", workbook({"Tabelle1": ADDRESSES}), as_sheet("Tabelle1"), NAMES),
    Readable(
        "archive_with_a_text",
        "kunden.zip",
        zipped(
            {"export/kunden.csv": PACKED, "__MACOSX/export/._kunden.csv": b"\0\5\x16\7", "export/Lies mich.pdf": b""}
        ),
        as_text(encoding="windows-1252"),
        NAMES,
    ),
    Readable(
        "archive_with_a_workbook",
        "kunden.zip",
        zipped({"kunden.xlsx": workbook({"Tabelle1": ADDRESSES})()}),
        as_sheet("Tabelle1"),
        NAMES,
    ),
]
