"""Texts of every shape: delimiters, line ends, quotation marks, headers."""

from typing import Final

from tests.imports.real_files.builders import raw, text
from tests.imports.real_files.case import Build, Readable, as_text

TABLE: Final = """\
E-Mail;Vorname;Ort
ada@example.org;Ada;Köln
bob@example.org;Bob;Bonn
cleo@example.org;Cleo;
"""
NAMES: Final = {"email": "E-Mail", "vorname": "Vorname", "ort": "Ort"}

# As RFC 4180 has it: marks doubled, delimiters and line ends inside.
QUOTED: Final = '''\
"E-Mail","Vorname","Ort"
"ada@example.org","Ada ""die Gräfin""","London,
St James's"
"bob@example.org","","Bonn, Beuel"
"cleo@example.org","Cleo","unter ""Zum Löwen""

links"
"dan@example","Dan","Ulm"
'''
# Excel writes no mark around most cells; a mark inside an unquoted cell is one.
LOOSELY_QUOTED: Final = """\
E-Mail;Vorname;Ort
ada@example.org;Ada "die Gräfin";London
bob@example.org;"Bob";12" Pizza
"""
# One mark is never closed, one is closed too early: each costs its own line.
BROKEN_QUOTES: Final = '''\
E-Mail;Vorname;Ort
ada@example.org;Ada;Köln
bob@example.org;"Bob;Bonn
cleo@example.org;Cleo;Ulm
dan@example.org;"Dan" der Große;Trier
eva@example.org;Eva;"Bad ""Ems"""
'''
RAGGED: Final = """\
E-Mail;Vorname;Ort
ada@example.org;Ada;Köln;
bob@example.org;Bob
cleo@example.org
dan@example.org;Dan;Trier;;;
eva@example.org;Eva;Ulm;Donau
fritz@example.org;Fritz;Bonn
"""
TRAILING: Final = """\
E-Mail;Vorname;Ort;;
ada@example.org;Ada;Köln;;
bob@example.org;Bob;Bonn;;
"""
BLANK_LINES: Final = """\


E-Mail;Vorname;Ort

ada@example.org;Ada;Köln
;;
  \t;;
bob@example.org;Bob;Bonn


"""
DOUBLES: Final = """\
E-Mail;Vorname;Ort
ada@example.org;Ada;Köln
Ada@Example.org ;Adele;Bonn
bob@example.org;Bob;Ulm
ADA@EXAMPLE.ORG;;
"""
# Whoever joins two tables has the same names twice; the first column counts.
DUPLICATE_HEADERS: Final = """\
E-Mail;Vorname;E-Mail;Ort;Vorname
ada@example.org;Ada;ada.l@example.org;Köln;Augusta
bob@example.org;Bob;;Bonn;Robert
"""
COLUMNS: Final = 500
WIDE: Final = "\n".join(
    [
        ";".join(["Nr.", *(f"Frage {number}" for number in range(2, COLUMNS)), "E-Mail"]),
        ";".join(["1", *("ja" for _ in range(2, COLUMNS)), "ada@example.org"]),
        ";".join(["2", *("nein" for _ in range(2, COLUMNS)), "bob@example.org"]),
    ]
)
# A title above the table is taken for the header, and the header for a row. The addresses come in all the same.
TITLED: Final = """\
Kundenliste 2026;;
;;
E-Mail;Vorname;Ort
ada@example.org;Ada;Köln
bob@example.org;Bob;Bonn
cleo@example.org;Cleo;Ulm
"""


def table(name: str, build: Build, *, delimiter: str = ";", file_name: str = "kunden.csv") -> Readable:
    """A file with the columns of TABLE."""
    return Readable(name, file_name, build, as_text(delimiter=delimiter), NAMES)


def delimited(name: str, delimiter: str, file_name: str = "kunden.csv") -> Readable:
    """TABLE with another delimiter."""
    return table(name, text(TABLE.replace(";", delimiter)), delimiter=delimiter, file_name=file_name)


CASES: Final = [
    delimited("semicolon", ";"),
    delimited("comma", ","),
    delimited("tab", "\t", "kunden.tsv"),
    delimited("pipe", "|", "kunden.txt"),
    delimited("caret", "^", "kunden.txt"),
    delimited("tilde", "~", "kunden.txt"),
    table("excels_separator_line", text("sep=;\r\n" + TABLE.replace("\n", "\r\n"))),
    table(
        "excels_separator_line_against_the_look",
        text("sep=|\nE-Mail|Vorname|Ort\nada@example.org|Ada;Augusta;Eva|Köln;Bonn;Ulm\n"),
        delimiter="|",
    ),
    table("line_ends_of_windows", text(TABLE.replace("\n", "\r\n"))),
    table("line_ends_of_old_macs", text(TABLE.replace("\n", "\r"))),
    table("mixed_line_ends", raw(TABLE.replace("Köln\n", "Köln\r\n").replace("Bonn\n", "Bonn\r").encode())),
    table("no_line_end_at_the_end", text(TABLE.rstrip(";\n") + ";Cochem")),
    Readable(
        "quoted_with_line_breaks",
        "export.csv",
        text(QUOTED),
        as_text(delimiter=","),
        NAMES,
        rejected={8: "invalid_email"},
    ),
    Readable(
        "quoted_with_line_breaks_of_windows",
        "export.csv",
        text(QUOTED.replace("\n", "\r\n")),
        as_text(delimiter=","),
        NAMES,
        rejected={8: "invalid_email"},
    ),
    table("marks_inside_cells", text(LOOSELY_QUOTED)),
    Readable(
        "broken_quotes",
        "kunden.csv",
        text(BROKEN_QUOTES),
        as_text(),
        NAMES,
        rejected={3: "broken_quotes", 5: "broken_quotes"},
    ),
    Readable("ragged_rows", "kunden.csv", text(RAGGED), as_text(), NAMES, rejected={6: "too_many_cells"}),
    table("trailing_delimiters", text(TRAILING)),
    table("blank_lines", text(BLANK_LINES)),
    table("doubles", text(DOUBLES)),
    Readable(
        "no_header",
        "kunden.csv",
        text("".join(TABLE.splitlines(keepends=True)[1:])),
        as_text(has_header=False),
        {"email": 0},
    ),
    Readable(
        "one_column_of_addresses",
        "adressen.txt",
        text("ada@example.org\nbob@example.org\ncleo@example.org\n"),
        as_text(delimiter="", has_header=False),
        {"email": 0},
    ),
    Readable(
        "one_column_with_a_header",
        "adressen.txt",
        text("E-Mail-Adresse\r\nada@example.org\r\nbob@example.org\r\n"),
        as_text(delimiter=""),
        {"email": "E-Mail-Adresse"},
    ),
    Readable("header_alone", "kunden.csv", text("E-Mail;Vorname;Ort\n"), as_text(), NAMES),
    table("duplicate_headers", text(DUPLICATE_HEADERS)),
    Readable("five_hundred_columns", "umfrage.csv", text(WIDE), as_text(), {"email": "E-Mail"}),
    Readable(
        "title_above_the_header",
        "kunden.csv",
        text(TITLED),
        as_text(),
        {"email": "Kundenliste 2026"},
        rejected={3: "invalid_email"},
    ),
]
