"""What people paste into the field for rows."""

from typing import Final

from imports.forms import as_upload
from recipients.masterdata.file import FieldType
from tests.imports.real_files.case import Build, Readable, as_text

FILE_NAME: Final = "Eingefügter Text"
SPREADSHEET: Final = """\
E-Mail\tVorname\tOrt\tUmsatz
ada@example.org\tAda\tKöln\t1.234,50
bob@example.org\tBob\t"Bonn
Beuel"\t0,5
\t\t\t
cleo@example.org\tCleo\tSão Paulo, „Zentrum“\t
"""


def pasted(text: str) -> Build:
    """The file that the form makes of a pasted text."""

    def build() -> bytes:
        with as_upload(text) as file:
            return b"".join(file.chunks())

    return build


def addresses(name: str, text: str) -> Readable:
    """A list of addresses without names."""
    return Readable(name, FILE_NAME, pasted(text), as_text(delimiter="", has_header=False), {"email": 0})


CASES: Final = [
    Readable(
        "pasted_from_a_spreadsheet",
        FILE_NAME,
        pasted(SPREADSHEET),
        as_text(delimiter="\t"),
        {"email": "E-Mail", "vorname": "Vorname", "ort": "Ort", "umsatz": "Umsatz"},
        notations={"umsatz": ","},
    ),
    addresses("pasted_addresses_one_a_line", "ada@example.org\r\nbob@example.org\r\n\r\ncleo@example.org"),
    addresses("pasted_addresses_with_commas", "ada@example.org, bob@example.org,\ncleo@example.org,"),
    addresses("pasted_addresses_with_blanks", "ada@example.org bob@example.org  cleo@example.org"),
    Readable(
        "pasted_from_a_mail",
        FILE_NAME,
        pasted('Ada Lovelace <ada@example.org>, "Byron, B." <bob@example.org>, cleo@example.org, dan@example'),
        as_text(delimiter="\t"),
        {"email": "E-Mail", "name": "Name"},
        fields={"Name": FieldType.TEXT},
        rejected={5: "invalid_email"},
    ),
    Readable(
        "pasted_from_outlook",
        FILE_NAME,
        pasted("Lovelace, Ada <ada@example.org>; Byron, B. <bob@example.org>;"),
        as_text(delimiter="\t"),
        {"email": "E-Mail", "name": "Name"},
        fields={"Name": FieldType.TEXT},
    ),
]
