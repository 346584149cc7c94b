"""How the mapping page names the way in which a file is read."""

import pytest
from django.utils.translation import override

from imports.forms import SourceForm
from imports.readers import Kind, Sniffed, Source


def encoding_named(encoding: str) -> str:
    """What the page calls a guessed encoding."""
    source = Source(kind=Kind.CSV, encoding=encoding, delimiter=";", has_header=True, sheet=None)
    sniffed = Sniffed(source=source, columns=(), sample=(), sheets=())
    widget = SourceForm(sniffed=sniffed)["encoding"]
    (chosen,) = [option for option in widget.subwidgets if option.data["selected"]]
    return str(chosen.choice_label)


@pytest.mark.parametrize(
    ("encoding", "english", "german"),
    [
        ("windows-1252", "Western European (Windows-1252)", "Westeuropäisch (Windows-1252)"),
        ("iso-8859-2", "Central European (ISO-8859-2)", "Mitteleuropäisch (ISO-8859-2)"),
        ("cp852", "Central European (DOS, CP852)", "Mitteleuropäisch (DOS, CP852)"),
        ("windows-1251", "Cyrillic (Windows-1251)", "Kyrillisch (Windows-1251)"),
        ("cp932", "Another one (CP932)", "Ein anderer (CP932)"),
    ],
)
def test_a_guessed_encoding_has_a_name_that_people_read(encoding: str, english: str, german: str) -> None:
    assert encoding_named(encoding) == english
    with override("de"):
        assert encoding_named(encoding) == german


def test_an_encoding_that_was_guessed_wrongly_can_be_chosen() -> None:
    source = Source(kind=Kind.CSV, encoding="mac_latin2", delimiter=";", has_header=True, sheet=None)
    sniffed = Sniffed(source=source, columns=(), sample=(), sheets=())
    form = SourceForm({"source-encoding": "cp852", "source-delimiter": "semicolon"}, sniffed=sniffed)
    assert form.is_valid(), form.errors
    assert form.source() == Source(kind=Kind.CSV, encoding="cp852", delimiter=";", has_header=False, sheet=None)
