"""Files that cannot be read, and what is said of them."""

import gzip
import io
import json
import tarfile
from typing import Final

from imports.readers import FileProblem
from tests.imports.readers.xls import workbook_stream, xls_file
from tests.imports.real_files.builders import (
    product,
    raw,
    text,
    with_members,
    workbook,
    workbook_of_cells,
    zipped,
)
from tests.imports.real_files.case import Broken, Build

ADDRESSES: Final = [["E-Mail", "Ort"], ["ada@example.org", "Köln"]]
BOOK: Final = workbook({"Tabelle1": ADDRESSES})
CSV: Final = b"E-Mail;Ort\r\nada@example.org;Ulm\r\n"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PNG: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x80\x00\x00\x01\xe0\x08\x02\x00\x00\x00" + bytes(99)
JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x01\x00H\x00H\x00\x00" + bytes(99)
PDF: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
HTML: Final = "<html><body><table><tr><td>E-Mail</td></tr><tr><td>ada@example.org</td></tr></table></body></html>"
XML: Final = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
VCARD: Final = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nEMAIL:ada@example.org\r\nEND:VCARD\r\n"
JSON: Final = json.dumps([{"email": "ada@example.org", "name": "Ada"}], indent=2)
# Every byte that no 8-bit encoding has in common, in no order that any of them gives a sense.
NOISE: Final = b"E-Mail;Name\n" + b"".join(
    b"p%d@example.org;%b\n" % (line, bytes((line * 97 + place * 61) % 128 + 128 for place in range(8)))
    for line in range(40)
)
FAR_APART: Final = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
WIDE: Final = ";".join(["E-Mail", *(f"Frage {number}" for number in range(1_000))]) + "\nada@example.org\n"
BROKEN_HEADER: Final = 'E-Mail;"Vorname;Ort\nada@example.org;Ada;Köln\n'

NO_TABLE: Final = (
    (
        "Diese Datei enthält keine Tabelle. Speichern Sie Ihre Liste in Ihrem Tabellenprogramm als XLSX oder CSV "
        "und laden Sie diese Datei hoch."
    ),
    "This file holds no table. Save your list as XLSX or CSV in your spreadsheet program and upload that file.",
)
EMPTY: Final = (
    "Die Datei ist leer. Wählen Sie eine Datei mit mindestens einer Zeile.",
    "The file is empty. Choose a file that has at least one row.",
)
DAMAGED: Final = (
    (
        "Diese Datei ist beschädigt. Öffnen Sie Ihre Liste in einem Tabellenprogramm, speichern Sie sie als neue "
        "XLSX-Datei und laden Sie diese hoch."
    ),
    ("This file is damaged. Open your list in a spreadsheet program, save it as a new XLSX file and upload that one."),
)
PASSWORD: Final = (
    (
        "Diese Arbeitsmappe ist mit einem Passwort geschützt. Speichern Sie sie ohne Passwort und laden Sie sie "
        "noch einmal hoch."
    ),
    "This workbook is protected with a password. Save it without a password and upload it again.",
)
BOMB: Final = (
    (
        "Diese Datei enthält entpackt mehr Daten als jede Empfängerliste. Speichern Sie die Tabelle als CSV und "
        "laden Sie diese Datei hoch."
    ),
    ("This file unpacks to more data than any list of recipients holds. Save the table as CSV and upload that file."),
)
OTHER_WORKBOOK: Final = (
    (
        "Arbeitsmappen dieser Art können nicht gelesen werden. Speichern Sie das Tabellenblatt als XLSX oder CSV "
        "und laden Sie diese Datei hoch."
    ),
    "Workbooks of this kind cannot be read. Save the sheet as XLSX or CSV and upload that file.",
)
TOO_LARGE: Final = (
    (
        "Diese Arbeitsmappe ist zu groß, um geöffnet zu werden. Speichern Sie das Tabellenblatt als CSV und laden"
        " Sie diese Datei hoch."
    ),
    "This workbook is too large to be opened. Save the sheet as CSV and upload that file.",
)
XLS_ERRORS: Final = (
    (
        "Zellen dieser Arbeitsmappe enthalten Fehler wie #NV, die sich in einer XLS-Datei nicht von leeren Zellen "
        "unterscheiden lassen. Beheben Sie sie, oder speichern Sie die Arbeitsmappe als XLSX und laden Sie diese Datei "
        "hoch."
    ),
    (
        "Cells of this workbook hold errors such as #N/A, which cannot be told from empty ones in an XLS file. Mend "
        "them, or save the workbook as XLSX and upload that file."
    ),
)
UNKNOWN: Final = (
    (
        "Die Schriftzeichen dieser Datei wurden nicht erkannt. Speichern Sie sie als CSV in UTF-8 und laden Sie "
        "diese Datei hoch."
    ),
    "The characters of this file could not be recognised. Save it as CSV in UTF-8 and upload that file.",
)
HEADER: Final = (
    (
        "In der ersten Zeile wird ein Anführungszeichen nicht geschlossen. Berichtigen Sie die Zeile in einem "
        "Texteditor und laden Sie die Datei noch einmal hoch. Die Stelle: Zeile 1, Spalte 2."
    ),
    (
        "A quotation mark in the first row is never closed. Mend the row in a text editor and upload the file "
        "again. The place: line 1, column 2."
    ),
)
COLUMNS: Final = (
    (
        "Diese Datei hat mehr Spalten, als gelesen werden können. Löschen Sie die, die Sie nicht brauchen, und "
        "laden Sie sie noch einmal hoch. Die Stelle: Zeile 1."
    ),
    (
        "This file has more columns than can be read. Delete those that you do not need and upload it again. The "
        "place: line 1."
    ),
)
SEVERAL_TABLES: Final = (
    (
        "Dieses ZIP-Archiv enthält 3 Tabellen: subscribed.csv, unsubscribed.csv, cleaned.csv. Laden Sie eine "
        "davon hoch, oder ein Archiv, das nur diese enthält."
    ),
    (
        "This ZIP archive holds 3 tables: subscribed.csv, unsubscribed.csv, cleaned.csv. Upload one of them, or "
        "an archive with only that one."
    ),
)
WITHOUT_TABLE: Final = (
    (
        "Dieses ZIP-Archiv enthält keine Tabelle. Packen Sie Ihre Liste als CSV, TXT, XLSX oder XLS hinein, oder "
        "laden Sie die Liste selbst hoch."
    ),
    "This ZIP archive holds no table. Put your list into it as CSV, TXT, XLSX or XLS, or upload the list itself.",
)
ZIP_PASSWORD: Final = (
    (
        "Dieses ZIP-Archiv ist mit einem Passwort geschützt. Packen Sie die Datei ohne Passwort, oder laden Sie "
        "die Datei selbst hoch."
    ),
    "This ZIP archive is protected with a password. Pack the file without a password, or upload the file itself.",
)
ZIP_DAMAGED: Final = (
    ("Dieses ZIP-Archiv lässt sich nicht entpacken. Packen Sie die Datei neu, oder laden Sie die Datei selbst hoch."),
    "This ZIP archive cannot be unpacked. Pack the file again, or upload the file itself.",
)


def half_a_workbook() -> bytes:
    """What is left of a download that broke off."""
    content = BOOK()
    return content[: len(content) // 2]


def bomb() -> bytes:
    """A workbook of some kilobytes that unpacks to a hundred megabytes."""
    return with_members(BOOK(), {"xl/worksheets/sheet1.xml": b" " * 100_000_000})


def encrypted(content: bytes) -> bytes:
    """An archive that says of its first member that it needs a password."""
    flags = content.index(b"PK\x01\x02") + 8
    return content[:flags] + b"\x01" + content[flags + 1 :]


def tar() -> bytes:
    """A packed archive of another kind."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        member = tarfile.TarInfo("kunden.csv")
        member.size = len(CSV)
        archive.addfile(member, io.BytesIO(CSV))
    return content.getvalue()


def mailchimps_archive() -> bytes:
    """All that Mailchimp gives at once: a file for each status."""
    return zipped(
        {f"{name}.csv": product(f"mailchimp_{name}")() for name in ("subscribed", "unsubscribed", "cleaned")}
    )()


def broken(
    name: str,
    file_name: str,
    build: Build,
    problem: FileProblem,
    told: tuple[str, str],
    *,
    line: int | None = None,
    column: int | None = None,
) -> Broken:
    """A row of the table; `told` is German, then English."""
    return Broken(name, file_name, build, problem, *told, line=line, column=column)


NOT_TEXT: Final = FileProblem.NOT_TEXT
CASES: Final = [
    broken("empty", "kunden.csv", raw(b""), FileProblem.EMPTY, EMPTY),
    broken("blank_lines_only", "kunden.csv", raw(b"\r\n\r\n  \r\n;;;\r\n"), FileProblem.EMPTY, EMPTY),
    broken("mark_only", "kunden.csv", raw(b"\xef\xbb\xbf"), FileProblem.EMPTY, EMPTY),
    broken("workbook_without_cells", "kunden.xlsx", workbook({"Tabelle1": []}), FileProblem.EMPTY, EMPTY),
    broken("image_named_csv", "kunden.csv", raw(PNG), NOT_TEXT, NO_TABLE),
    broken("photo", "IMG_0815.JPG", raw(JPEG), NOT_TEXT, NO_TABLE),
    broken("pdf", "Kundenliste.pdf", raw(PDF), NOT_TEXT, NO_TABLE),
    broken("html_saved_as_xls", "kunden.xls", text(HTML), NOT_TEXT, NO_TABLE),
    broken("spreadsheet_of_2003_in_xml", "kunden.xls", text(XML), NOT_TEXT, NO_TABLE),
    broken("json", "kunden.json", text(JSON), NOT_TEXT, NO_TABLE),
    broken("vcard", "kontakte.vcf", text(VCARD), NOT_TEXT, NO_TABLE),
    broken("gzip", "kunden.csv.gz", lambda: gzip.compress(CSV), NOT_TEXT, NO_TABLE),
    broken("tar", "kunden.tar.gz", tar, NOT_TEXT, NO_TABLE),
    broken("document", "Kunden.docx", zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), NOT_TEXT,
           NO_TABLE),
    broken("old_document", "Kunden.doc", raw(OLE + bytes(4096)), NOT_TEXT, NO_TABLE),
    broken(
        "opendocument",
        "kunden.ods",
        zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b""}),
        FileProblem.UNSUPPORTED_WORKBOOK,
        OTHER_WORKBOOK,
    ),
    broken("half_a_workbook", "kunden.xlsx", half_a_workbook, FileProblem.DAMAGED_WORKBOOK, DAMAGED),
    broken(
        "workbook_with_a_password",
        "kunden.xlsx",
        raw(OLE + bytes(1016) + "EncryptedPackage".encode("utf-16-le") + bytes(480)),
        FileProblem.PASSWORD_PROTECTED,
        PASSWORD,
    ),
    broken(
        "workbook_of_1997_with_a_password",
        "kunden.xls",
        lambda: xls_file(workbook_stream([["E-Mail"]], password=True)),
        FileProblem.PASSWORD_PROTECTED,
        PASSWORD,
    ),
    broken(
        "workbook_of_1997_with_errors",
        "kunden.xls",
        lambda: xls_file(workbook_stream([["E-Mail", "Abgemeldet am"], ["ada@example.org", None]])),
        FileProblem.XLS_WITH_ERRORS,
        XLS_ERRORS,
    ),
    broken("bomb", "kunden.xlsx", bomb, FileProblem.ZIP_BOMB, BOMB),
    broken(
        "cells_far_apart",
        "kunden.xlsx",
        workbook_of_cells(FAR_APART),
        FileProblem.WORKBOOK_TOO_LARGE,
        TOO_LARGE,
    ),
    broken("archive_of_several_tables", "audience.zip", mailchimps_archive,
           FileProblem.ZIP_WITH_SEVERAL_TABLES, SEVERAL_TABLES),
    broken("archive_without_a_table", "fotos.zip", zipped({"a.png": PNG}),
           FileProblem.ZIP_WITHOUT_TABLE, WITHOUT_TABLE),
    broken("archive_with_a_password", "kunden.zip", lambda: encrypted(zipped({"kunden.csv": CSV})()),
           FileProblem.ZIP_PASSWORD_PROTECTED, ZIP_PASSWORD),
    broken("half_an_archive", "kunden.zip", lambda: zipped({"kunden.csv": CSV * 99})()[:-20],
           FileProblem.DAMAGED_WORKBOOK, DAMAGED),
    broken("unknown_encoding", "kunden.csv", raw(NOISE), FileProblem.UNKNOWN_ENCODING, UNKNOWN),
    broken("broken_header", "kunden.csv", text(BROKEN_HEADER), FileProblem.BROKEN_HEADER, HEADER, line=1, column=2),
    broken("too_many_columns", "umfrage.csv", text(WIDE), FileProblem.TOO_MANY_COLUMNS, COLUMNS, line=1),
]  # fmt: skip
