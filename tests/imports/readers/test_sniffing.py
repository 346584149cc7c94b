"""Sniff: what a file seems to be, shown as it would be read."""

from pathlib import Path

import pytest

from imports.readers import (
    ColumnMapping,
    DateFormat,
    DecimalMark,
    Kind,
    Sniffed,
    SniffedColumn,
    Source,
    guess_mapping,
    sniff,
)
from imports.readers.delimiters import guess_delimiter, guess_has_header
from imports.readers.notations import (
    guess_date_formats,
    guess_decimals,
    likeliest_date_format,
    likeliest_decimal,
)
from recipients.masterdata.file import FieldType
from tests.imports.readers.files import field, text_source, write_file

COMMA, POINT = DecimalMark.COMMA, DecimalMark.POINT


def sniff_text(folder: Path, content: str | bytes, name: str = "people.csv") -> Sniffed:
    return sniff(write_file(folder, content, name), file_name=name)


def _column(
    position: int,
    name: str,
    cells: tuple[str, ...],
    *,
    date_formats: tuple[DateFormat, ...] = (),
    decimals: tuple[DecimalMark, ...] = (),
) -> SniffedColumn:
    """A column of two rows, whose cells are its samples and its values."""
    likeliest = next(iter(date_formats), None), next(iter(decimals), None)
    return SniffedColumn(position, name, cells, date_formats, decimals, cells, *likeliest)


def test_german_spreadsheet_file_is_understood(tmp_path: Path) -> None:
    content = 'E-Mail;Größe;Datum;\r\na@example.org;"1,5";31.12.2024;\r\nb@example.org; 2,25 ;01.01.2025 12:00;x\r\n'
    assert sniff_text(tmp_path, content.encode("windows-1252")) == Sniffed(
        source=text_source(encoding="windows-1252"),
        sheets=(),
        columns=(
            _column(0, "E-Mail", ("a@example.org", "b@example.org")),
            _column(1, "Größe", ("1,5", "2,25"), decimals=(COMMA,)),
            _column(2, "Datum", ("31.12.2024", "01.01.2025 12:00"), date_formats=(DateFormat.DAY_DOT,)),
            _column(3, "", ("", "x")),
        ),
        sample=(("a@example.org", "1,5", "31.12.2024", ""), ("b@example.org", "2,25", "01.01.2025 12:00", "x")),
    )


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|", "^", "~", ":"])
def test_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["E-Mail", "Name", "Ort"], ["a@example.org", "A", "Köln, Deutz; Nord"], ["b@example.org", "B", ""]]
    lines = [delimiter.join(f'"{cell}"' if ", " in cell else cell for cell in row) for row in rows]
    assert sniff_text(tmp_path, "\n".join(lines)).source == text_source(delimiter=delimiter)


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("a@example.org\nb@example.org\n", ""),
        ("E-Mail\na@example.org\n", ""),
        ("E-Mail;Betrag\na@example.org;1,5\nb@example.org;2,5\n", ";"),
        ('E-Mail,Name\na@example.org,"Müller; Max"\n', ","),
        ("Name\nMüller, Max\nMeier, Eva\n", ""),
        ("Mail;Name\na@example.org;A\nb@example.org\nc@example.org;C;;\nd@example.org;D\n", ";"),
        ('Mail;Name\na@example.org;"A\nb@example.org;B\nc@example.org;C\nd@example.org;D\n', ";"),
        ("Zeit;Mail\n10:30;a@example.org\n11:45;b@example.org\n", ";"),
        ("sep=|\nE-Mail|a;b;c\na@example.org|1;2;3\n", "|"),
        ("a\tb\n", "\t"),
        ("Mail;Name;Ort\na@example.org;A;B;\nb@example.org;B\nc@example.org\nd@example.org;D;;;;\n", ";"),
        ("Satz, lang\nWort\nNoch eins\nund, noch\nEnde\n", ""),
    ],
)
def test_delimiter_is_the_one_most_rows_agree_on(tmp_path: Path, content: str, delimiter: str) -> None:
    assert sniff_text(tmp_path, content).source.delimiter == delimiter


def test_name_of_the_file_decides_between_equals() -> None:
    assert guess_delimiter(b"a\tb;c\nd\te;f\n", final=True, likely="\t") == "\t"


def test_row_cut_off_at_the_end_of_the_sample_does_not_count(tmp_path: Path) -> None:
    content = "E-Mail;Name\n" + "".join(f"{number}@example.org;ü\n" for number in range(20_000))
    assert (len(content.encode()) > 256 * 1024, sniff_text(tmp_path, content).source) == (True, text_source())


@pytest.mark.parametrize(
    ("rows", "has_header"),
    [
        ([["E-Mail", "Name"], ["a@example.org", "A"]], True),
        ([["a@example.org", "A"], ["b@example.org", "B"]], False),
        ([["Name", "a@example.org"]], False),
        ([["E-Mail", "2024", "2025"], ["a@example.org", "1", "2"]], True),
        ([["1", "2"], ["a@example.org", "2"]], True),
        ([["E-Mail", "2024"]], False),
        ([["E-Mail", "Name", "2024"]], True),
        ([["31.12.2024", "5"], ["1", "2"]], False),
        (
            [
                [
                    "E-Mail",
                    "Registriert am",
                    "Aktiviert am",
                    "Deaktiviert am",
                    "Bounced am",
                    "Quelle",
                    "Tags",
                    "1",
                    "2",
                    "3",
                ]
            ],
            True,
        ),
        ([], False),
    ],
)
def test_header_is_told_from_rows(rows: list[list[str]], *, has_header: bool) -> None:
    assert guess_has_header(rows) is has_header


def test_duplicate_and_blank_headers_keep_their_places(tmp_path: Path) -> None:
    sniffed = sniff_text(tmp_path, "Mail;Name;;Name; '=x \na@example.org;A;B;C;D\n")
    assert [(column.position, column.name, column.samples) for column in sniffed.columns] == [
        (0, "Mail", ("a@example.org",)),
        (1, "Name", ("A",)),
        (2, "", ("B",)),
        (3, "Name", ("C",)),
        (4, "=x", ("D",)),
    ]


def test_sample_has_five_rows_and_no_broken_one(tmp_path: Path) -> None:
    rows = [f"{number}@example.org;{number}" for number in range(9)]
    rows[1] = '1@example.org;"1'
    sniffed = sniff_text(tmp_path, "\n".join(["Mail;Nr", *rows]))
    assert [row[1] for row in sniffed.sample] == ["0", "2", "3", "4", "5"]


def test_header_alone_has_columns_and_no_sample(tmp_path: Path) -> None:
    sniffed = sniff_text(tmp_path, "E-Mail;Name\r\n")
    assert ([column.name for column in sniffed.columns], sniffed.sample) == (["E-Mail", "Name"], ())


def test_500_columns_are_shown(tmp_path: Path) -> None:
    content = ";".join(["Mail", *(f"S{place}" for place in range(499))]) + "\na@example.org" + ";x" * 499 + "\n"
    assert len(sniff_text(tmp_path, content).columns) == 500


def test_choice_of_the_person_is_shown_as_it_reads(tmp_path: Path) -> None:
    path = write_file(tmp_path, "E-Mail;Größe\na@example.org;ü\n".encode("cp850"))
    chosen = Source(Kind.CSV, "cp850", ";", has_header=False, sheet=None)
    sniffed = sniff(path, file_name="people.csv", chosen=chosen)
    assert (sniffed.source, sniffed.sample, [column.name for column in sniffed.columns]) == (
        chosen,
        (("E-Mail", "Größe"), ("a@example.org", "ü")),
        ["", ""],
    )


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["2024-05-01", "2024-05-01T12:00:00+02:00"], (DateFormat.ISO,)),
        (["01.05.2024", ""], (DateFormat.DAY_DOT,)),
        (["01/05/2024", "02/05/2024"], (DateFormat.DAY_SLASH, DateFormat.MONTH_SLASH)),
        (["01/05/2024", "31/05/2024"], (DateFormat.DAY_SLASH,)),
        (["01/05/2024", "12/31/2024"], (DateFormat.MONTH_SLASH,)),
        (["01/05/2024 1:00 PM"], (DateFormat.MONTH_SLASH, DateFormat.DAY_SLASH)),
        (["01-05-2024"], (DateFormat.DAY_DASH,)),
        (["20240501", "19801231"], (DateFormat.COMPACT,)),
        (["45413", "45413.5"], (DateFormat.EXCEL,)),
        (["1714557600"], (DateFormat.UNIX,)),
        (["0000-00-00", "0", "1.5.2024"], (DateFormat.DAY_DOT,)),
        (["2024-05-01", "1.5.2024"], (DateFormat.DAY_DOT,)),
        (["2024-05-01", "45413"], ()),
        (["01.05.2024", "gestern"], ()),
        (["", ""], ()),
        (["0"], ()),
    ],
)
def test_date_format_is_guessed_from_all_cells(cells: list[str], formats: tuple[DateFormat, ...]) -> None:
    assert guess_date_formats(cells) == formats


@pytest.mark.parametrize(
    ("cells", "marks"),
    [
        (["1,5", "2"], (COMMA,)),
        (["1.5"], (POINT,)),
        (["1.234"], (COMMA, POINT)),
        (["1.234,5"], (COMMA,)),
        (["1", ""], (COMMA, POINT)),
        (["1,5", "x"], ()),
        ([""], ()),
    ],
)
def test_decimal_mark_is_guessed_from_all_cells(cells: list[str], marks: tuple[DecimalMark, ...]) -> None:
    assert guess_decimals(cells, first=COMMA) == marks


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["aktiv", "", "abgemeldet", "aktiv"], ("aktiv", "", "abgemeldet")),
        ([str(number) for number in range(20)], tuple(str(number) for number in range(20))),
        ([str(number) for number in range(21)], ()),
        (["x" * 61], ()),
    ],
)
def test_different_cells_are_told_if_they_are_few(tmp_path: Path, cells: list[str], values: tuple[str, ...]) -> None:
    rows = "".join(f"p{place}@example.org;{cell}\n" for place, cell in enumerate(cells))
    assert sniff_text(tmp_path, f"E-Mail;Wort\n{rows}").columns[1].values == values


@pytest.mark.parametrize(
    ("cells", "date_format"),
    [
        (["01.05.2024", "gestern", ""], DateFormat.DAY_DOT),
        (["01.05.2024", "2024-05-01", "2024-05-02"], DateFormat.DAY_DOT),
        (["2024-05-01", "2024-05-02", "45413"], DateFormat.ISO),
        (["2024-05-01", "31.02.2024"], DateFormat.ISO),
        (["01.05.2024", "2024-05-01", "02.05.2024"], DateFormat.DAY_DOT),
        (["01/05/2024", "nie"], DateFormat.DAY_SLASH),
        (["01/05/2024", "12/31/2024", "nie"], DateFormat.MONTH_SLASH),
        (["01/05/2024 1:00 PM", "nie"], DateFormat.MONTH_SLASH),
        (["45413", "morgen"], DateFormat.EXCEL),
        (["0", "0000-00-00", "nie"], None),
        (["31.02.2024"], None),
        ([], None),
    ],
)
def test_likeliest_date_format_reads_most_cells(cells: list[str], date_format: DateFormat | None) -> None:
    assert likeliest_date_format(cells) == date_format


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1,5", "viel", ""], COMMA),
        (["1.5", "1.25", "2,5"], POINT),
        (["1.234", "viel"], COMMA),
        (["1.234", "viel", "1.5"], POINT),
        (["viel"], None),
        ([], None),
    ],
)
def test_likeliest_decimal_mark_reads_most_cells(cells: list[str], mark: DecimalMark | None) -> None:
    assert likeliest_decimal(cells, first=COMMA) == mark


def test_one_wrong_cell_does_not_cost_the_guess_for_a_column(tmp_path: Path) -> None:
    rows = [f"{number}@example.org;{number % 28 + 1:02}.05.2024;{number},5" for number in range(999)]
    rows.insert(500, "x@example.org;gestern;viel")
    sniffed = sniff_text(tmp_path, "\n".join(["Mail;Datum;Umsatz", *rows]))
    fields = [field("datum", FieldType.DATE), field("umsatz", FieldType.NUMBER)]
    assert (
        [(column.date_formats, column.decimals) for column in sniffed.columns[1:]],
        guess_mapping(sniffed.columns, fields)[1:],
    ) == (
        [((), ()), ((), ())],
        [
            ColumnMapping("datum", 1, None, DateFormat.DAY_DOT, None),
            ColumnMapping("umsatz", 2, None, None, COMMA),
        ],
    )
